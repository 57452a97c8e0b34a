import { validationFailed } from '../errors/index.ts';
import type { EventJob, InboxServices } from './services.ts';
import type { WebhookFilter, WebhookRecord, WebhooksAdmin } from './types.ts';

const mostReplayed = 1_000;
const withinMs = 5_000;
/** It reads of all that is kept, and every page of every open console asks for it. */
const countsFreshMs = 2_000;

type Counts = Awaited<ReturnType<WebhooksAdmin['counts']>>;

const columns = `id, provider, event_id as "eventId", type, state, occurred_at as "occurredAt",
  received_at as "receivedAt", processed_at as "processedAt", attempts, duplicates, replays, error,
  request_id as "requestId", kept`;

export function createWebhooksAdmin(
  { db, jobs }: InboxServices,
  jobOfProvider: ReadonlyMap<string, EventJob>,
): WebhooksAdmin {
  async function list({ provider, state, type, search, limit, cursor }: WebhookFilter) {
    const [at = null, id = null] = cursor === undefined ? [] : placeOf(cursor);
    const { rows } = await db.statement<WebhookRecord & { place: string }>(
      `select ${columns}, extract(epoch from received_at)::text as place
       from bulwark.webhook_events
       where ($1::text is null or provider = $1) and ($2::text is null or state = $2)
         and ($3::text is null or type = $3
           or right($3, 1) = '*' and starts_with(type, left($3, -1)))
         and ($4::numeric is null or (received_at, id) < (to_timestamp($4), $5::uuid))
         and ($7::text is null or strpos(lower(concat_ws(' ', event_id, type, error, request_id, id, kept)), lower($7)) > 0)
       order by received_at desc, id desc limit $6`,
      [provider ?? null, state ?? null, type ?? null, at, id, limit + 1, search ?? null],
      withinMs,
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last ? `${last.place}~${last.id}` : null;
    return { events: shown.map(({ place: _place, ...event }) => event), next };
  }

  let counted: { rows: Promise<Counts>; until: number } | undefined;
  async function readCounts(): Promise<Counts> {
    try {
      const { rows } = await db.statement<Counts[number]>(
        `select provider, state, count(*)::int as count from bulwark.webhook_events
         group by provider, state order by provider, state`,
        [],
        withinMs,
      );
      return rows;
    } catch (error) {
      counted = undefined;
      throw error;
    }
  }

  return {
    list,
    async get(id) {
      const { rows } = await db.statement<WebhookRecord>(
        `select ${columns} from bulwark.webhook_events where id = $1`,
        [id],
        withinMs,
      );
      return rows[0];
    },
    providers: () => [...jobOfProvider.keys()],
    async inRange({ provider, from, to, state }) {
      const { rows } = await db.statement<{ count: number }>(
        `select count(*)::int as count from bulwark.webhook_events
         where provider = $1 and received_at between $2 and $3 and ($4::text is null or state = $4)`,
        [provider, from, to, state ?? null],
        withinMs,
      );
      return rows[0]?.count ?? 0;
    },
    counts() {
      if (counted === undefined || performance.now() > counted.until)
        counted = { rows: readCounts(), until: performance.now() + countsFreshMs };
      return counted.rows;
    },
    replay(which) {
      const range =
        'ids' in which
          ? { ids: which.ids, provider: null, from: null, to: null, state: null }
          : { ids: null, state: null, ...which };
      const [at = null, id = null] = 'cursor' in which ? placeOf(which.cursor) : [];
      return db.asLogin(async (tx) => {
        const { rows } = await tx.query<{ id: string; provider: string; place: string }>(
          `with chosen as (
             select id from bulwark.webhook_events
             where ($1::uuid[] is null or id = any($1))
               and ($2::text is null or provider = $2 and received_at between $3 and $4)
               and ($5::text is null or state = $5)
               and provider = any($6)
               and ($7::numeric is null or (received_at, id) > (to_timestamp($7), $8::uuid))
             order by received_at, id limit ${mostReplayed} for update
           ), changed as (
             update bulwark.webhook_events as event set state = 'received', replays = replays + 1
             from chosen where event.id = chosen.id
             returning event.id, provider, received_at
           )
           select id, provider, extract(epoch from received_at)::text as place
           from changed order by received_at, id`,
          [
            ...[range.ids, range.provider, range.from, range.to, range.state],
            ...[[...jobOfProvider.keys()], at, id],
          ],
        );
        for (const [provider, job] of jobOfProvider) {
          const events = rows.filter((row) => row.provider === provider);
          // One that waits or runs already reads the row again by itself.
          if (events.length > 0)
            await jobs.enqueueAll(
              job,
              events.map((event) => ({ payload: { id: event.id }, key: event.id })),
              { tx },
            );
        }
        counted = undefined;
        const last = rows.at(-1);
        const next = last && rows.length === mostReplayed ? `${last.place}~${last.id}` : null;
        return { count: rows.length, next };
      });
    },
  };
}

function placeOf(cursor: string): [string, string] {
  const [at = '', id = ''] = cursor.split('~');
  if (!/^\d+(\.\d+)?$/.test(at) || !/^[0-9a-f-]{36}$/.test(id))
    throw validationFailed([{ field: 'cursor', reason: 'is not one of ours' }]);
  return [at, id];
}
