import { timingSafeEqual } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../../../backend/src/kernel/db/index.ts';
import type {
  VerifiedEvent,
  WebhookInput,
  WebhookRequest,
} from '../../../../backend/src/kernel/webhooks/index.ts';
import { defineModule, signatureRefused } from '../built.ts';
import { senderSignature, type FaultPoint, type SentEvent } from './signed.ts';

const toleranceSeconds = 300;
/** Within the time that the row of such an event is held back. */
const killAfterMs = 100;

const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

function verify({ body, headers }: WebhookRequest): VerifiedEvent {
  const given = headers['x-signature'] ?? '';
  const at = Number(/^t=(\d+),/.exec(given)?.[1] ?? Number.NaN);
  const [expected, got] = [Buffer.from(senderSignature(body, at)), Buffer.from(given)];
  if (expected.length !== got.length || !timingSafeEqual(expected, got))
    throw signatureRefused('signature does not match');
  if (!(Math.abs(Date.now() / 1_000 - at) <= toleranceSeconds))
    throw signatureRefused('not signed now');
  const { id, type, killAt = null, ms = 0 } = JSON.parse(body.toString()) as SentEvent;
  if (killAt === 'stored' && headers['x-attempt'] === '1') setTimeout(die, killAfterMs);
  return { id, type, occurredAt: null, kept: { killAt, ms } };
}

async function handle(db: Database, { event, commit }: WebhookInput): Promise<void> {
  const { killAt, ms } = event.kept as { killAt: FaultPoint | null; ms: number };
  if (ms > 0) await wait(ms);
  // Not by its attempt: what lay ready in a process that was killed has one behind it.
  const dies = killAt !== null && killAt !== 'stored' && (await isFirstDeath(db, event.id));
  const diesAt = dies ? killAt : undefined;
  if (diesAt === 'before-effect') die();
  await commit(async (tx) => {
    await tx.query('insert into public.webhook_effects (event_id) values ($1)', [event.id]);
    if (diesAt === 'before-commit') die();
  });
}

async function isFirstDeath(db: Database, id: string): Promise<boolean> {
  const { rowCount } = await db.asService((tx) =>
    tx.query('insert into public.webhook_deaths values ($1) on conflict do nothing', [id]),
  );
  return rowCount === 1;
}

/** A provider whose events say what their handler does, and where it dies. */
export const sender = defineModule({
  name: 'sender',
  create: ({ db }) => ({
    webhooks: [
      {
        provider: 'sender',
        summary: 'What the sender sends',
        retryDelaySeconds: 1,
        verify,
        handlers: { 'thing.happened': (input) => handle(db, input) },
      },
    ],
  }),
});
