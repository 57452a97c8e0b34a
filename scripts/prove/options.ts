import { parseArgs } from 'node:util';

export interface Options {
  only: readonly string[];
  phases: readonly string[];
  list: boolean;
  /** Another folder of claims, without those of the modules. */
  claims: string | undefined;
  /** Seconds. */
  patience: number;
  help: boolean;
}

export const usage = `npm run prove                         every claim of the README, measured; ends with 1 when one fails
npm run prove -- --only a,b           these claims
npm run prove -- --phase 4,5          those of these phases
npm run prove -- --list               which there are
npm run prove -- --patience 120       seconds that a claim may take beyond three times what it says (default: 60)
npm run prove -- --claims <folder>    the claims of another folder`;

/** Throws with a sentence for people where it is not a command. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', multiple: true },
      phase: { type: 'string', multiple: true },
      list: { type: 'boolean', default: false },
      claims: { type: 'string' },
      patience: { type: 'string', default: '60' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const patience = Number(values.patience);
  if (!(patience >= 0)) throw new Error(`--patience ${values.patience} is no number of seconds.`);
  return {
    only: split(values.only),
    phases: split(values.phase),
    list: values.list,
    claims: values.claims,
    patience,
    help: values.help,
  };
}

const split = (values: readonly string[] = []): string[] =>
  values.flatMap((value) => value.split(',')).filter((value) => value !== '');
