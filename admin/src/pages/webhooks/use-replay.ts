import { useApi } from '../../api/context.ts';
import { useAct } from '../../api/use-act.ts';
import type { WebhookRange } from '../../api/webhook-types.ts';
import { count } from '../../parts/format.ts';

export const webhooksInWords = (many: number): string =>
  many === 1 ? '1 webhook' : `${count(many)} webhooks`;

const changes = ['webhooks', 'queues', 'jobs', 'billing'] as const;
/** As many as the server takes in one request. */
const mostIds = 200;

/** Gives webhooks to their handlers again. The message says what the server did, which may be less than was asked for. */
export function useReplay() {
  const api = useApi();
  const act = useAct();
  const done = (many: number) =>
    `${webhooksInWords(many)} went to ${many === 1 ? 'its handler' : 'their handlers'} again.`;
  return {
    some: (ids: string[], quietly = false) =>
      act({
        what: 'Replay',
        work: async () => {
          let sum = 0;
          for (let from = 0; from < ids.length; from += mostIds)
            sum += (await api.replay({ ids: ids.slice(from, from + mostIds) })).count;
          return sum;
        },
        done,
        quietly,
        changes,
      }),
    range: (range: WebhookRange) =>
      act({
        what: 'Replay',
        // The server does some at a time, the oldest first.
        work: async () => {
          let { count: sum, next } = await api.replay(range);
          while (next !== null) {
            const more = await api.replay({ ...range, cursor: next });
            sum += more.count;
            next = more.next;
          }
          return sum;
        },
        done,
        quietly: true,
        changes,
      }),
  };
}
