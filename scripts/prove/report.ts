import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { phases, type Phase } from './claim.ts';

export type Verdict = 'holds' | 'fails' | 'not run';

/** What `prove.json` is a list of. */
export interface Row {
  id: string;
  phase: Phase;
  claim: string;
  figure: string;
  bound: string;
  verdict: Verdict;
}

/** A row with what is said about it below the table, and nowhere else. */
export interface Result extends Row {
  faults: readonly string[];
  checks: { passed: number; failed: number };
}

/** Writes `prove.json` and `prove.md` into the folder. */
export function writeReport(folder: string, results: readonly Result[]): void {
  mkdirSync(folder, { recursive: true });
  const rows = results.map(({ faults: _faults, checks: _checks, ...row }): Row => row);
  writeFileSync(join(folder, 'prove.json'), `${JSON.stringify(rows, undefined, 2)}\n`);
  writeFileSync(join(folder, 'prove.md'), markdown(rows));
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function markdown(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ id, phase, claim, figure, bound, verdict }) =>
      `| ${phase} | \`${id}\` | ${cell(claim)} | ${cell(figure)} | ${cell(bound)} | ${verdict} |`,
  );
  return [
    '| Phase | Id | Claim | Figure | Bound | Verdict |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    summary(rows),
    '',
  ].join('\n');
}

/** For a terminal: a claim a block, because sentences do not fit into columns. */
export function table(results: readonly Result[]): string {
  return [...Map.groupBy(results, ({ phase }) => phase)]
    .flatMap(([phase, ofPhase]) => [
      `\nPhase ${phase}: ${phases[phase]}`,
      ...ofPhase.flatMap(({ id, claim, figure, bound, verdict, faults }) => [
        `  ${verdict.padEnd(8)} ${id}: ${claim}`,
        `           ${figure} (bound: ${bound})`,
        ...(verdict === 'fails' ? faults : []).map((fault) => indented(fault)),
      ]),
    ])
    .join('\n');
}

export function summary(rows: readonly Row[]): string {
  const count = (wanted: Verdict) => rows.filter(({ verdict }) => verdict === wanted).length;
  return `${rows.length} claims: ${count('holds')} hold, ${count('fails')} fail, ${count('not run')} not run`;
}

/** As every command here ends. A claim of many checks counts each of them. */
export function closingLine(results: readonly Result[]): string {
  const sum = (part: 'passed' | 'failed') =>
    results.reduce((total, { checks }) => total + checks[part], 0);
  return `${sum('passed')} passed, ${sum('failed')} failed`;
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `           | ${line}`)
    .join('\n');
