import type { Result } from '../report.ts';
import { NotApplicable, type AuditCheck } from './check.ts';
import { cors, headers } from './checks/headers.ts';
import { tokensOverHttp, tokensOverSockets } from './checks/identity.ts';
import { errorShape, strangeRequests } from './checks/refusals.ts';
import { health, rateLimits, webhooks } from './checks/service.ts';
import { transport } from './checks/transport.ts';
import { createTarget, mostRequests, NoAnswer, type Target } from './target.ts';

export interface AuditOptions {
  url: string;
  protectedPath: string;
  token: string | undefined;
}

const checks: readonly AuditCheck[] = [
  headers,
  cors,
  errorShape,
  tokensOverHttp,
  tokensOverSockets,
  webhooks,
  health,
  rateLimits,
  strangeRequests,
  transport,
];

const reachable = {
  id: 'target-reachable',
  phase: 4,
  claim: 'It answers over HTTP.',
  bound: 'one answer',
} as const;

/**
 * Asks a deployed API from outside, whoever has made it: at most 60 requests, one after the other, none repeated. It
 * changes nothing: what it sends is refused, or reads. Never rejects.
 */
export async function audit(
  options: AuditOptions,
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const add = (result: Result) => {
    onResult(result);
    results.push(result);
  };
  const target = await reach(options).catch((error: unknown) => {
    add(failed(reachable, messageOf(error)));
    return undefined;
  });
  if (target === undefined) return results;
  for (const check of checks) add(await resultOf(check, target));
  const figure = `${target.requests()} requests, of at most ${mostRequests}`;
  add({ ...reachable, figure, verdict: 'holds', faults: [], checks: { passed: 1, failed: 0 } });
  return results.sort((one, other) => one.phase - other.phase);
}

/** A host that cannot prove its name is asked all the same, without the caller's token. */
async function reach(options: AuditOptions): Promise<Target> {
  const target = createTarget({ ...options, trusted: true });
  try {
    await target.ask(target.protectedPath);
    return target;
  } catch (error) {
    if (!(error instanceof NoAnswer) || !/CERT|SIGNATURE|ALTNAME|VERIFY/.test(error.code ?? ''))
      throw error;
    const untrusted = createTarget({ ...options, trusted: false });
    await untrusted.ask(untrusted.protectedPath);
    return untrusted;
  }
}

async function resultOf(check: AuditCheck, target: Target): Promise<Result> {
  const { id, phase, claim, bound } = check;
  const row = { id, phase, claim, bound };
  try {
    const { figure, faults } = await check.look(target);
    const holds = faults.length === 0;
    const counts = { passed: Number(holds), failed: Number(!holds) };
    return { ...row, figure, faults, verdict: holds ? 'holds' : 'fails', checks: counts };
  } catch (error) {
    if (!(error instanceof NotApplicable)) return failed(row, messageOf(error));
    const figure = `not applicable: ${error.message}`;
    return { ...row, figure, verdict: 'not run', faults: [], checks: { passed: 0, failed: 0 } };
  }
}

const failed = (row: Pick<Result, 'id' | 'phase' | 'claim' | 'bound'>, figure: string): Result => ({
  ...row,
  figure,
  verdict: 'fails',
  faults: [],
  checks: { passed: 0, failed: 1 },
});

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
