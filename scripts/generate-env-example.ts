import { writeFileSync } from 'node:fs';
import { collectSections, renderEnvExample } from '../backend/src/kernel/config/index.ts';
import { modules } from '../backend/src/modules.ts';

/** Writes `.env.example` from the schemas of the kernel and the modules. */
writeFileSync(
  new URL('../.env.example', import.meta.url),
  renderEnvExample(collectSections(modules)),
);
