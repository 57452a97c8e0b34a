import { setTimeout as wait } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Faults } from './faults.ts';

/** Milliseconds between two bytes of a slow body. */
const dripMs = 1_000;

/** Spoils a call as told. Resolves with whether it is spoilt; a call that is only late goes on. */
export async function misbehave(
  faults: Faults,
  request: Request,
  response: Response,
  signal: AbortSignal,
): Promise<boolean> {
  if (faults.latencyMs !== undefined) await wait(faults.latencyMs, undefined, { signal });
  if (faults.reset === true) {
    request.socket.resetAndDestroy();
    return true;
  }
  if (faults.rate429 !== undefined) {
    response
      .status(429)
      .set('retry-after', String(faults.rate429.retryAfterSeconds))
      .json({ error: 'Too many requests', code: 'RATE_LIMIT_EXCEEDED' });
    return true;
  }
  if (faults.status !== undefined) {
    response.status(faults.status).json({ error: 'Internal server error' });
    return true;
  }
  if (faults.garbage === true) {
    // What a proxy in front of a provider says when it means well.
    response.type('application/json').send('<html><body>We will be back soon</body></html>');
    return true;
  }
  if (faults.slowBody === true) {
    await drip(response, signal);
    return true;
  }
  return false;
}

async function drip(response: Response, signal: AbortSignal): Promise<void> {
  response.type('application/json').flushHeaders();
  response.write('{"data":[');
  while (!signal.aborted && !response.destroyed) {
    await wait(dripMs, undefined, { signal }).catch(() => undefined);
    response.write(' ');
  }
}
