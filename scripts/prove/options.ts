import { parseArgs } from 'node:util';

export interface Options {
  only: readonly string[];
  phases: readonly string[];
  list: boolean;
  /** Another folder of claims, without those of the modules. */
  claims: string | undefined;
  /** Seconds. */
  patience: number;
  /** That the whole run may take. */
  minutes: number;
  /** A deployed API to audit instead. */
  target: { url: string; token: string | undefined; protectedPath: string } | undefined;
  help: boolean;
}

export const usage = `npm run prove                         every claim of the README, measured; ends with 1 when one fails
npm run prove -- --only a,b           these claims
npm run prove -- --phase 4,5          those of these phases
npm run prove -- --list               which there are
npm run prove -- --patience 120       seconds that a claim may take beyond three times what it says (default: 60)
npm run prove -- --minutes 60         minutes that the whole run may take (default: 30)
npm run prove -- --claims <folder>    the claims of another folder
npm run prove -- --target https://host [--token <token>] [--protected /api/v1/me]
                                      audits a deployed API from outside, harmlessly; the token also from PROVE_TOKEN`;

/** Two weeks; a timer cannot wait much longer. */
const mostMinutes = 20_160;

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
      minutes: { type: 'string', default: '30' },
      target: { type: 'string' },
      token: { type: 'string' },
      protected: { type: 'string', default: '/api/v1/me' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const patience = Number(values.patience);
  if (!(patience >= 0)) throw new Error(`--patience ${values.patience} is no number of seconds.`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= mostMinutes))
    throw new Error(
      `--minutes ${values.minutes} is no number of minutes from 0 to ${mostMinutes}.`,
    );
  return {
    only: split(values.only),
    phases: split(values.phase),
    list: values.list,
    claims: values.claims,
    patience,
    minutes,
    target: targetOf(values.target, values.token ?? process.env.PROVE_TOKEN, values.protected),
    help: values.help,
  };
}

function targetOf(
  url: string | undefined,
  token: string | undefined,
  protectedPath: string,
): Options['target'] {
  if (url === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new Error(`--target ${url} is no URL of http or https.`);
  if (!protectedPath.startsWith('/'))
    throw new Error(`--protected ${protectedPath} is no path: it starts with a slash.`);
  return { url, token: token === '' ? undefined : token, protectedPath };
}

const split = (values: readonly string[] = []): string[] =>
  values.flatMap((value) => value.split(',')).filter((value) => value !== '');
