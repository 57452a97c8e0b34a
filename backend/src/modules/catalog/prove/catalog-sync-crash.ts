import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { type Sandbox, startSandbox } from '../../../../local/providers/sandbox.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { grouped } from '../../../../../scripts/prove/measure/summary.ts';
import type { Sync } from '../sync-schema.ts';

const kills = 8;
/** Small pages, so that there are many moments to be killed at. */
const pageSize = 5;
const sets = ['pokemon', 'yugioh'].flatMap((game) =>
  ['first-light', 'ironwood', 'echoes', 'night-market', 'storm-front'].map((set) => ({
    game,
    set: `${set}-${game}`,
  })),
);
/** Two sets are under way at a time. After so many pages, about, the server is killed. */
const pagesBetween = 16;

export default defineClaim({
  id: 'catalog-sync-crash',
  phase: 5,
  claim:
    'However often the server is killed with SIGKILL while it synchronises, each page is stored once, and none that is stored is asked for again.',
  bound: `${kills} kills; every card once, no stored page asked for again`,
  seconds: 30,
  async measure({ stack, startServer, progress, signal }) {
    const sandbox = await startSandbox();
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      // Late enough to be killed while a page is under way.
      sandbox.misbehave('justtcg', { latencyMs: 15 });
      const start = () =>
        startServer({
          environment: {
            ...sandbox.environment,
            JUSTTCG_PAGE_SIZE: String(pageSize),
            JOBS_POLL_MS: '500',
          },
        });
      let server = await start();
      const { accessToken } = await stack.signUp({ role: 'admin' });
      for (const wanted of sets) {
        const response = await fetch(`${server.url}/api/v1/catalog/syncs`, {
          method: 'POST',
          headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
          body: JSON.stringify(wanted),
        });
        if (response.status !== 202)
          throw new Error(`A request was answered with ${response.status}`);
      }
      const syncs = async (): Promise<Pick<Sync, 'status' | 'pages' | 'total' | 'setId'>[]> =>
        (
          await client.query<Sync>(
            `select status, pages, total, set_id as "setId" from catalog.syncs`,
          )
        ).rows;
      const pages = async () => (await syncs()).reduce((sum, sync) => sum + sync.pages, 0);

      let killed = 0;
      for (; killed < kills; killed += 1) {
        // Some pages further, and then at any moment of one.
        const enough = (await pages()) + pagesBetween * (0.5 + Math.random());
        while ((await pages()) < enough && !(await syncs()).every(isDone)) {
          signal.throwIfAborted();
          await wait(20);
        }
        if ((await syncs()).every(isDone)) break;
        await wait(Math.random() * 120);
        server.child.kill('SIGKILL');
        await server.ended;
        progress(`${killed + 1} of ${kills} kills, ${await pages()} pages`);
        // As if the leases of what it held had passed; that they do is another claim.
        await client.query(
          `update pgboss.job set heartbeat_on = now() - interval '1 minute' where state = 'active'`,
        );
        server = await start();
      }
      while (!(await syncs()).every(isDone)) {
        signal.throwIfAborted();
        await wait(100);
      }
      return await verdict({ client, sandbox, killed });
    } finally {
      await client.end();
      await sandbox.close();
    }
  },
});

const isDone = ({ status }: Pick<Sync, 'status'>): boolean => status === 'completed';

async function verdict({
  client,
  sandbox,
  killed,
}: {
  client: Client;
  sandbox: Sandbox;
  killed: number;
}) {
  const faults: string[] = [];
  const { rows } = await client.query<{
    set: string;
    total: number;
    pages: number;
    inserted: number;
    others: number;
    cards: number;
  }>(
    `select set_id as set, total, pages, cards_inserted as inserted,
       cards_updated + cards_unchanged + cards_rejected as others,
       (select count(*)::integer from catalog.cards where set_id = syncs.set_id) as cards
     from catalog.syncs`,
  );
  let asked = 0;
  let repeated = 0;
  for (const { set, total, pages, inserted, others, cards } of rows) {
    // A page that was stored twice would have found its cards unchanged.
    if (
      inserted !== total ||
      cards !== total ||
      others !== 0 ||
      pages !== Math.ceil(total / pageSize)
    )
      faults.push(`${set}: ${inserted} of ${total} inserted, ${others} again, ${pages} pages`);
    const offsets = sandbox
      .calls('justtcg')
      .filter(({ path }) => path.includes('/cards?') && path.includes(`set=${set}`))
      .map(({ path }) => Number(new URL(path, 'http://sandbox').searchParams.get('offset')));
    asked += offsets.length;
    repeated += offsets.length - new Set(offsets).size;
    // Whoever asks for a stored page asks for an earlier one than the one before.
    if (offsets.some((offset, nr) => offset < (offsets[nr - 1] ?? 0)))
      faults.push(`${set}: asked for ${offsets.join(', ')}`);
  }
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  return {
    figure: `${killed} kills, ${rows.length} sets, ${grouped(total)} cards each stored once; ${grouped(asked)} pages asked for, ${repeated} of them again, as they were not stored yet`,
    holds: faults.length === 0 && killed === kills && repeated > 0,
    faults: [
      ...faults,
      ...(killed < kills ? [`only ${killed} kills came in time`] : []),
      ...(repeated === 0 ? ['no kill met a page under way'] : []),
    ],
  };
}
