import type { IncomingMessage } from 'node:http';
import type { Outcome } from '../measure/http-load.ts';
import { describeCounts, summarize } from '../measure/summary.ts';

const honestCodes = new Set([
  'AUTH_UNAVAILABLE',
  'DATABASE_TIMEOUT',
  'DATABASE_UNAVAILABLE',
  'SERVICE_UNAVAILABLE',
]);

/** For `startLoad`: an answer while a part is out must be a success, or a 503 of a known code that says when to come again. */
export function honestAnswer(body: string, answer: IncomingMessage): string | undefined {
  const { statusCode = 0, headers } = answer;
  if (statusCode === 200 || statusCode === 201) return undefined;
  if (statusCode !== 503) return `${statusCode} ${body.slice(0, 200)}`;
  if (!(Number(headers['retry-after']) > 0)) return '503 without Retry-After';
  const code = /"error":"(\w+)"/.exec(body)?.[1] ?? 'no code';
  return honestCodes.has(code) ? undefined : `503 ${code}`;
}

const allowed = new Set(['200', '201', '503']);

/** What was neither success nor an honest 503, in words; empty where all was well. */
export function dishonest(outcomes: readonly Outcome[]): string[] {
  const bad = outcomes.filter(({ result }) => !allowed.has(result));
  return bad.length === 0 ? [] : [describeCounts(summarize(bad).counts)];
}

export const successes = (outcomes: readonly Outcome[]): Outcome[] =>
  outcomes.filter(({ result }) => result === '200' || result === '201');
