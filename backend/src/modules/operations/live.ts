import type { Broadcast } from '../../kernel/broadcast/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import type { Metrics } from '../../kernel/metrics/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import type { Realtime } from '../../kernel/realtime/index.ts';
import { listOf, shape } from '../../kernel/schema/index.ts';
import { words } from './schema.ts';
import { createWatch, type Topic, topics } from './topics.ts';

/** Tells those who watch what has changed, so that they ask for it again. */
export interface Live {
  /** All there are. */
  topics(): Topic[];
  /** Something of these topics has changed, by the doing of this process. */
  note(topics: readonly Topic[]): void;
  /** A socket of this process has begun to watch. */
  watched(): void;
  start(): void;
  stop(): void;
}

export const room = 'operations:watchers';

const everyMs = 1_000;
/** How often a process says that somebody watches there, and for how long others believe it. */
const announceMs = 10_000;
const believedMs = 25_000;

/**
 * Each process looks at its own counters once a second, hears the events that pages of modules name, and tells all processes
 * what has changed; each of them tells its own sockets, once a second at most. While nobody watches anywhere, nobody looks
 * and nothing is said.
 */
export function createLive(options: {
  admin: Pick<KernelAdmin, 'pages'>;
  broadcast: Broadcast;
  events: EventBus;
  realtime: Realtime;
  metrics: Metrics;
  logger: Logger;
}): Live {
  const { admin, broadcast, events, realtime, metrics, logger } = options;
  const watch = createWatch(metrics);
  /** Changed here, and not said yet. */
  const noted = new Set<Topic>();
  /** Heard, and not told yet. */
  const heard = new Set<Topic>();
  let announcedAt = -Infinity;
  let watchedUntil = -Infinity;
  let toldAt = -Infinity;
  let telling: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ends: (() => void)[] = [];

  const allTopics = () => [...topics, ...admin.pages().map(({ name }) => name)];

  function tell(): void {
    telling = undefined;
    toldAt = performance.now();
    const changed = [...heard];
    heard.clear();
    realtime.emitHere(room, 'operations:changed', { topics: changed });
  }

  function hear(changed: readonly Topic[]): void {
    for (const topic of changed) heard.add(topic);
    if (telling !== undefined || !realtime.hasMembersHere(room)) return;
    const pauseMs = toldAt + everyMs - performance.now();
    if (pauseMs <= 0) tell();
    else telling = setTimeout(tell, pauseMs);
  }

  function announce(): void {
    announcedAt = performance.now();
    broadcast.publish('operations.watched', {});
  }

  async function look(): Promise<void> {
    const now = performance.now();
    if (now - announcedAt >= announceMs && realtime.hasMembersHere(room)) announce();
    if (now > watchedUntil) {
      watch.forget();
      noted.clear();
      heard.clear();
      return;
    }
    for (const topic of await watch.changes()) noted.add(topic);
    if (noted.size === 0) return;
    const changed = [...noted];
    noted.clear();
    broadcast.publish('operations.changed', { topics: changed });
  }

  return {
    topics: allTopics,
    note(changed) {
      for (const topic of changed) noted.add(topic);
    },
    watched: announce,
    start() {
      ends = [
        broadcast.subscribe('operations.watched', shape({}), () => {
          watchedUntil = performance.now() + believedMs;
        }),
        broadcast.subscribe('operations.changed', shape({ topics: listOf(words()) }), (message) => {
          hear(message.topics);
        }),
        // Whatever others have said meanwhile was not heard.
        broadcast.onGap(() => {
          hear(allTopics());
        }),
        ...admin
          .pages()
          .flatMap(({ name, changesOn }) =>
            changesOn.map((event) =>
              events.subscribe(event, shape({}), () => void noted.add(name)),
            ),
          ),
      ];
      timer = setInterval(() => {
        look().catch((error: unknown) => {
          logger.warn({ err: error }, 'Changes cannot be told to operators');
        });
      }, everyMs);
      timer.unref();
    },
    stop() {
      for (const end of ends) end();
      clearInterval(timer);
      clearTimeout(telling);
    },
  };
}
