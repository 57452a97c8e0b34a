import type { Fault } from './fault.ts';
import type { Setting } from './section.ts';

/** Every setting by the name of its variable. */
export type Settings = ReadonlyMap<string, Setting<unknown>>;

/** Where a setting's text comes from. */
export interface Source {
  /** The name that the operator has to look for. */
  readonly label: string;
  /** `undefined` where it is set but could not be had, which is a fault already. */
  readonly text: string | undefined;
}

export type Sources = ReadonlyMap<string, Source>;

/** What one source says, to be laid over or under another. */
export interface Layer {
  readonly sources: Sources;
  readonly faults: readonly Fault[];
}
