import { AppError } from '../errors/index.ts';
import { rawRoute, type Route } from '../http/index.ts';
import { Joi, shape } from '../schema/index.ts';
import { receive } from './inbox.ts';
import type { VerifiedEvent, Webhook, WebhookRequest } from './types.ts';
import type { EventJob, InboxServices } from './services.ts';

const received = shape({ received: Joi.boolean() });
const retryAfterSeconds = 30;

/**
 * The door of one provider. Answers 200 once the event is stored, whatever becomes of its handler; 400 to what is not the
 * provider's; 503 to everything that is our own trouble, so that the sender comes again: some never do after a 4xx.
 */
export function webhookRoute(webhook: Webhook, job: EventJob, services: InboxServices): Route {
  const { provider, summary, handlers } = webhook;
  const { db, jobs, logger, metrics, scrubber, config } = services;

  async function verified(request: WebhookRequest): Promise<VerifiedEvent> {
    try {
      return await webhook.verify(request);
    } catch (error) {
      if (!AppError.is(error) || error.code !== 'WEBHOOK_REFUSED') throw error;
      refused(error.cause instanceof Error ? error.cause.message : undefined);
      throw error;
    }
  }

  function refused(reason: string | undefined): void {
    logger.warn({ provider, reason }, 'webhook refused');
    metrics.received.add({ provider, outcome: 'refused' });
  }

  async function store(event: VerifiedEvent, requestId: string): Promise<void> {
    const isKnown = Object.hasOwn(handlers, event.type);
    const state = isKnown ? 'received' : 'parked';
    const kept = { ...event, kept: storable(scrubber.value(event.kept)) };
    const stored = await receive(db, provider, kept, { state, requestId }, async (tx, id) => {
      if (isKnown) await jobs.enqueue(job, { id }, { tx, key: id });
    });
    const outcome = stored.duplicate ? 'duplicate' : isKnown ? 'accepted' : 'parked';
    logger.info({ provider, eventId: event.id, type: event.type, outcome }, 'webhook');
    metrics.received.add({ provider, outcome });
  }

  return rawRoute({
    method: 'post',
    path: `/webhooks/${provider}`,
    summary,
    tag: 'webhooks',
    auth: 'public',
    rateLimit: 'webhook',
    limitBytes: config.limitBytes,
    responses: { 200: { description: 'Stored, now or before', body: received } },
    errors: ['WEBHOOK_REFUSED', 'DATABASE_UNAVAILABLE', 'DATABASE_TIMEOUT'],
    unreadable: ({ message }) => {
      refused(message);
    },
    async handler({ body, rawHeaders, requestId }) {
      const event = await verified({ body, headers: rawHeaders }).catch(asOurTrouble);
      await store(event, requestId).catch(asOurTrouble);
      return { body: { received: true } };
    },
  });

  function asOurTrouble(error: unknown): never {
    if (AppError.is(error) && error.code === 'WEBHOOK_REFUSED') throw error;
    metrics.received.add({ provider, outcome: 'unavailable' });
    if (AppError.is(error) && error.statusCode === 503) throw error;
    throw new AppError('SERVICE_UNAVAILABLE', { cause: error, retryAfterSeconds });
  }
}

/** Postgres takes no NUL in JSON, and a provider may send one in somebody's name. */
function storable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null).replaceAll('\\u0000', '\\ufffd')) as unknown;
}
