import { counted, leaks, NotApplicable, type AuditCheck } from '../check.ts';
import type { Answer, Target } from '../target.ts';

/** The names by which limiters tell how much is left. */
const remainingHeaders = ['ratelimit-remaining', 'x-ratelimit-remaining', 'ratelimit'];

function remainingOf({ headers }: Answer): number | undefined {
  for (const name of remainingHeaders) {
    const text = String(headers[name] ?? '');
    const value = /(?:^|\br(?:emaining)?=)\s*(\d+)/.exec(text)?.[1];
    if (value !== undefined) return Number(value);
  }
  return undefined;
}

export const rateLimits: AuditCheck = {
  id: 'target-rate-limits',
  phase: 4,
  claim:
    'Answers say how many requests are left, and an X-Forwarded-For of the client gets no more.',
  bound: 'the number falls from one request to the next',
  async look(target) {
    const ask = (address: string) =>
      target.ask(target.protectedPath, { headers: { 'x-forwarded-for': address } });
    const [first, second] = [
      remainingOf(await ask('192.0.2.1')),
      remainingOf(await ask('198.51.100.1')),
    ];
    if (first === undefined || second === undefined)
      return {
        figure: 'no rate-limit headers',
        faults: ['answers do not say how many requests are left'],
      };
    return {
      figure: `${first} left, then ${second}`,
      faults: second < first ? [] : ['another X-Forwarded-For is counted as another client'],
    };
  },
};

const liveness = ['/livez', '/healthz', '/health'];
const readiness = ['/readyz', '/ready', '/health/ready'];

export const health: AuditCheck = {
  id: 'target-health',
  phase: 3,
  claim:
    'Whether the process lives and whether it can serve are two questions, and the answers give nothing away.',
  bound: '2 of 2 answered',
  async look(target) {
    const lives = await firstThatIs(target, liveness);
    const ready = await firstThatIs(target, readiness);
    return counted('answered', 2, [
      ...faultsOfHealth('liveness', lives, liveness),
      ...faultsOfHealth('readiness', ready, readiness),
    ]);
  },
};

async function firstThatIs(target: Target, paths: readonly string[]): Promise<Answer | undefined> {
  for (const path of paths) {
    const answer = await target.ask(path);
    if (answer.status === 200 || answer.status === 503) return answer;
  }
  return undefined;
}

function faultsOfHealth(
  name: string,
  answer: Answer | undefined,
  paths: readonly string[],
): string[] {
  if (answer === undefined) return [`no ${name} under ${paths.join(', ')}`];
  if (leaks(answer)) return [`${name}: the answer shows the inside of the server`];
  return name === 'liveness' && answer.status !== 200 ? [`${name}: ${answer.status}`] : [];
}

const webhookPaths = ['stripe', 'apple', 'google'].flatMap((provider) => [
  `/api/v1/webhooks/${provider}`,
  `/webhooks/${provider}`,
]);

export const webhooks: AuditCheck = {
  id: 'target-webhooks',
  phase: 2,
  claim: 'An event without a signature is refused by every webhook.',
  bound: 'each refused with 400, 401 or 403',
  async look(target) {
    // An event of no provider's types: whoever took it would have nothing to do.
    const body = JSON.stringify({ id: 'evt_bulwark_audit', type: 'bulwark.audit' });
    const faults: string[] = [];
    let found = 0;
    for (const path of webhookPaths) {
      const headers = { 'content-type': 'application/json' };
      const { status } = await target.ask(path, { method: 'POST', headers, body });
      if (status === 404 || status === 405) continue;
      found += 1;
      if (![400, 401, 403].includes(status)) faults.push(`${path}: ${status}`);
    }
    if (found === 0) throw new NotApplicable('no webhook under the usual paths');
    return counted('refused', found, faults);
  },
};
