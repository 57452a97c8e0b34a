import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';

export const usage = `npm run deploy                               builds this checkout and brings it up under PM2
npm run rollback                             returns to the release before
  --to <folder>            where releases are kept (or DEPLOY_TO)
  --env <name>             staging or production (default production)
  --allow-destructive      applies migrations that take something away
  --packages <folder>      links the packages of this folder instead of installing
  --keep <n>               releases to keep (default 5)
  --ready-within <s>       seconds that the candidate may take (default 60)`;

export interface DeployOptions {
  to: string;
  environment: string;
  allowDestructive: boolean;
  packages: string | undefined;
  keep: number;
  readyWithinMs: number;
}

/** Throws with a sentence for people where it is not a command. */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv): DeployOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      to: { type: 'string' },
      env: { type: 'string', default: 'production' },
      'allow-destructive': { type: 'boolean', default: false },
      packages: { type: 'string' },
      keep: { type: 'string', default: '5' },
      'ready-within': { type: 'string', default: '60' },
    },
  });
  const to = values.to ?? env.DEPLOY_TO;
  if (to === undefined)
    throw new Error('Say where releases are kept: --to <folder>, or DEPLOY_TO.');
  const keep = Number(values.keep);
  const readyWithin = Number(values['ready-within']);
  if (!(keep >= 2)) throw new Error('--keep must be 2 or more, so that there is one to return to.');
  if (!(readyWithin > 0)) throw new Error('--ready-within must be a number of seconds.');
  const { packages } = values;
  if (packages !== undefined && !existsSync(packages)) throw new Error(`There is no ${packages}.`);
  return {
    to: resolve(to),
    environment: values.env,
    allowDestructive: values['allow-destructive'],
    packages: packages === undefined ? undefined : resolve(packages),
    keep,
    readyWithinMs: readyWithin * 1_000,
  };
}
