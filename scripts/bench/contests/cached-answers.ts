import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startCaches } from '../../../backend/test/support/caches.ts';
import { Joi, listOf, shape } from '../../../backend/src/kernel/schema/index.ts';

const card = shape({
  id: Joi.string(),
  name: Joi.string(),
  price: Joi.number(),
  tags: listOf(Joi.string()),
});
const cardOf = (index: number) => ({
  id: `card-${index}`,
  name: `A card of the name ${index}`,
  price: index / 7,
  tags: ['rare', 'foil'],
});

const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
const rounds = 7;
const hitPasses = 100;

export interface CachedAnswerTimes {
  /** Microseconds of one answer, one for each round: from memory, from the table, and by the load itself. */
  memory: number[];
  table: number[];
  load: number[];
}

/** Answers from memory, from the table, and by the load that they save: JSON over HTTP from this machine. */
export async function timeCachedAnswers(databaseUrl: string): Promise<CachedAnswerTimes> {
  let asked = 0;
  const upstream = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(cardOf((asked += 1))));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
  const load = async (signal?: AbortSignal) =>
    card.validateAsync(await (await fetch(url, { ...(signal && { signal }) })).json());
  const never = () => Promise.reject(new Error('must not be loaded'));
  const times: CachedAnswerTimes = { memory: [], table: [], load: [] };
  try {
    // The first round warms the engine up and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const name = `bench-${round}`;
      const [writer, reader] = await Promise.all(
        [1, 2].map(() => startCaches({ databaseUrl, hears: true })),
      );
      if (!writer || !reader) throw new Error('There is no cache');
      const [written, read] = [writer, reader].map(({ caches }) =>
        caches.create({ name, schema: card }),
      );
      const each = async (passes: number, work: (key: string) => unknown): Promise<number> => {
        const startedAt = performance.now();
        for (let pass = 0; pass < passes; pass += 1) for (const key of keys) await work(key);
        return ((performance.now() - startedAt) * 1_000) / (passes * keys.length);
      };
      await each(1, (key) => written?.get(key, load));
      const one = {
        load: await each(1, () => load()),
        table: await each(1, (key) => read?.get(key, never)),
        memory: await each(hitPasses, (key) => read?.get(key, never)),
      };
      if (round > 0)
        for (const kind of ['memory', 'table', 'load'] as const) times[kind].push(one[kind]);
      await Promise.all([writer.close(), reader.close()]);
    }
  } finally {
    upstream.closeAllConnections();
    upstream.close();
  }
  return times;
}

const limitBytes = 16 * 1024 ** 2;
/** Values as providers send them, and some that take much memory for little text. */
const shapes: Readonly<Record<string, (index: number) => unknown>> = {
  cards: cardOf,
  texts: (index) => `${index} lorem ipsum `.repeat(60),
  'texts beyond Latin-1': (index) => `${index} カード`.repeat(60),
  numbers: (index) => Array.from({ length: 100 }, (_, at) => index + at / 3),
  'empty objects': () => Array.from({ length: 50 }, () => ({})),
  'names of fields never seen before': (index) =>
    Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`field ${index} ${at}`, at])),
};

export interface CacheMemory {
  shape: string;
  /** What the heap has grown by, as a part of the limit. */
  ofLimit: number;
  entries: number;
}

/** Four times what fits is put into a cache; its store is down, so that nothing but memory holds it. */
export async function measureCacheMemory(): Promise<CacheMemory[]> {
  setFlagsFromString('--expose_gc');
  const gc = runInNewContext('gc') as () => void;
  const collect = async (): Promise<void> => {
    // What the last shape has left behind may hold on for some turns.
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      gc();
    }
  };
  const found: CacheMemory[] = [];
  for (const [name, make] of Object.entries(shapes)) {
    const own = await startCaches({
      databaseUrl: 'postgresql://nobody@127.0.0.1:1/nothing',
      hears: false,
      memory: { memoryBytes: limitBytes, memoryEntries: 1_000_000 },
    });
    const cache = own.caches.create({ name: 'memory', schema: Joi.any() });
    const bytes = async () => (await own.metric('bulwark_cache_memory_bytes')) ?? 0;
    await cache.get('first', () => Promise.resolve(make(0)));
    await collect();
    const before = process.memoryUsage().heapUsed;
    const many = Math.ceil((4 * limitBytes) / (await bytes()));
    for (let index = 1; index <= many; index += 1)
      await cache.get(`key ${index}`, () => Promise.resolve(make(index)));
    await collect();
    const grown = process.memoryUsage().heapUsed - before;
    const entries = (await own.metric('bulwark_cache_memory_entries')) ?? 0;
    found.push({ shape: name, ofLimit: grown / limitBytes, entries });
    await own.close();
  }
  return found;
}
