import { setTimeout as wait } from 'node:timers/promises';
import { defineJob, handleJob, Joi, openJobs, shape } from '../../prove/jobs/open-jobs.ts';

/** Imported once the server is built. Handlers return; what they would do in `commit` costs both sides the same. */
export async function startBulwark(databaseUrl: string, batch: number) {
  const nothing = defineJob({
    name: 'bench.bulwark',
    payload: shape({ index: Joi.number() }),
    concurrency: batch,
    batch,
  });
  let handled = 0;
  let whenHandled: { count: number; resolve: (nothing: undefined) => void } | undefined;
  const { server, db, close } = await openJobs({ databaseUrl }, true, () => [
    handleJob(nothing, () => {
      handled += 1;
      if (handled === whenHandled?.count) whenHandled.resolve(undefined);
      return Promise.resolve();
    }),
  ]);
  const held = async () =>
    (await db.statement(`select from pgboss.job where state = 'active' limit 1`, [], 5_000)).rows;
  return {
    name: 'bulwark' as const,
    async enqueue(count: number) {
      await server.admin.pause(nothing.name);
      const items = Array.from({ length: count }, (_, index) => ({ payload: { index } }));
      await server.enqueueAll(nothing, items);
    },
    async work(count: number) {
      handled = 0;
      const all = Promise.withResolvers<undefined>();
      whenHandled = { count, resolve: all.resolve };
      await server.admin.resume(nothing.name);
      await all.promise;
      // The last ones are completed, too.
      while ((await held()).length > 0) await wait(1);
    },
    close,
  };
}
