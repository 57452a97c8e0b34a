import type { JobInput } from '../jobs/index.ts';
import { find, markFailed, markProcessed } from './inbox.ts';
import type { Webhook } from './types.ts';
import type { InboxServices } from './services.ts';

const longestError = 500;

/** One attempt at a stored event. */
export async function handleEvent(
  { provider, handlers }: Webhook,
  input: JobInput<{ id: string }>,
  { db, metrics, scrubber }: InboxServices,
): Promise<void> {
  const { id } = input.payload;
  const event = await find(db, id);
  if (event === undefined || event.state === 'processed') return;
  const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined;
  // Its handler was there when it came in and is gone with a release.
  if (handler === undefined) {
    await markFailed(db, id, { state: 'parked', error: 'no handler' });
    return;
  }
  const effect = { committed: false };
  const commit: typeof input.commit = async (work) => {
    const value = await input.commit(async (tx) => {
      const result = await work(tx);
      await markProcessed(tx, id);
      return result;
    });
    effect.committed = true;
    return value;
  };
  try {
    await handler({ event, attempt: input.attempt, signal: input.signal, commit });
    if (!effect.committed) await commit(() => Promise.resolve());
    metrics.handled.add({ provider, outcome: 'processed' });
    metrics.delay.observe({ provider }, (Date.now() - event.receivedAt.getTime()) / 1_000);
  } catch (error) {
    // Then it is done, and what the handler does afterwards is its own affair, and nothing is repeated for it.
    if (effect.committed) throw error;
    const last = input.isLastAttempt;
    const text = scrubber.text(error instanceof Error ? error.message : String(error));
    await markFailed(db, id, {
      state: last ? 'failed' : 'received',
      error: text.slice(0, longestError),
    });
    metrics.handled.add({ provider, outcome: last ? 'failed' : 'retried' });
    throw error;
  }
}
