import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'pg';
import { senderSignature, type SentEvent } from '../servers/sender/signed.ts';

/** So that a limit which has tests of its own does not count here. */
export const senderLimits = { RATE_LIMIT_WEBHOOK: '1000000' };

/** Sends an event once; resolves with the status, or 0 where there was no answer. */
export async function sendOnce(url: string, event: SentEvent, attempt = 1): Promise<number> {
  const body = JSON.stringify(event);
  try {
    const answer = await fetch(`${url}/api/v1/webhooks/sender`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-signature': senderSignature(body),
        'x-attempt': String(attempt),
      },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

/** Sends it until it is taken, to whichever server is there; resolves with how often. */
export async function sendUntilTaken(
  urlOf: (attempt: number) => string,
  event: SentEvent,
  signal: AbortSignal,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const status = await sendOnce(urlOf(attempt), event, attempt);
    if (status === 200) return attempt;
    if (status !== 0 && status !== 503) throw new Error(`${event.id} was answered with ${status}`);
    await wait(100);
  }
}

/** Looks until no event of the provider waits for its handler; false where some still do at the end of one's patience. */
export async function untilHandled(
  client: Client,
  provider: string,
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
): Promise<boolean> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    const { rowCount } = await client.query(
      `select 1 from bulwark.webhook_events where provider = $1 and state = 'received' limit 1`,
      [provider],
    );
    if (rowCount === 0) return true;
    if (performance.now() > giveUpAt) return false;
    await wait(50);
  }
}

/** Each event that has not one row, processed, and one effect; and what is there of none. */
export async function misdone(client: Client, ids: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ fault: string }>(
    `select id || ': ' || coalesce(event.state, 'no row') || ', ' || coalesce(effect.count, 0) || ' effects' as fault
     from unnest($1::text[]) as wanted (id)
     full join (select event_id as id, state from bulwark.webhook_events where provider = 'sender') as event using (id)
     full join (select event_id as id, count(*) from public.webhook_effects group by event_id) as effect using (id)
     where wanted.id is null or event.state is distinct from 'processed' or effect.count is distinct from 1`,
    [ids],
  );
  return rows.map(({ fault }) => fault);
}
