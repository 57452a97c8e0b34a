import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../../../backend/src/kernel/db/index.ts';
import type { Route } from '../../../../backend/src/kernel/http/index.ts';
import type { JobHandler, Jobs } from '../../../../backend/src/kernel/jobs/index.ts';
import { defineJob, handleJob, Joi, route, shape, text } from '../built.ts';

const payload = shape({
  key: text(1, 200),
  ownerId: text(1, 100),
  ms: Joi.number().integer().min(0).max(60_000),
});

/** Works for `ms` milliseconds and leaves one row of its key, which is counted afterwards. */
const probeEffect = defineJob({
  name: 'probe.effect',
  payload,
  attempts: 20,
  retryDelaySeconds: 0,
  concurrency: 8,
});

export const probeJobHandlers: JobHandler[] = [
  handleJob(probeEffect, async ({ payload: { key, ownerId, ms }, signal, commit }) => {
    await wait(ms, undefined, { signal });
    await commit((tx) =>
      tx.query('insert into public.probe_effects (owner_id, key) values ($1, $2)', [ownerId, key]),
    );
  }),
];

export function probeJobRoutes(db: Database, jobs: Jobs): Route[] {
  return [
    route({
      method: 'post',
      path: '/probe/jobs',
      summary: 'Enqueues a job that leaves one row of the key',
      tag: 'probe',
      auth: 'user',
      rateLimit: 'signed-in',
      body: shape({ key: text(1, 200), ms: Joi.number().integer().min(0).max(60_000) }),
      responses: { 202: { description: 'Enqueued', body: Joi.object().unknown() } },
      handler: async ({ body, caller }) => {
        const jobId = await db.asCaller(caller, (tx) =>
          jobs.enqueue(probeEffect, { ...body, ownerId: caller.userId }, { tx }),
        );
        return { status: 202, body: { jobId } };
      },
    }),
  ];
}
