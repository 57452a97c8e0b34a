import type { Module } from './kernel/module/index.ts';
import { billing } from './modules/billing/index.ts';
import { catalog } from './modules/catalog/index.ts';
import { operations } from './modules/operations/index.ts';
import { recipes } from './modules/recipes/index.ts';

/** The features of this server, one line each. A module goes with its folder and its line here. */
export const modules: readonly Module[] = [billing, catalog, operations, recipes];
