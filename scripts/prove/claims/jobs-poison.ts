import { strictEqual, ok } from 'node:assert/strict';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';
import { withStand } from '../jobs/stand.ts';

const attempts = 5;
const redrives = 8;
/** A busy machine is late, never early. */
const toleranceMs = 100;

export default defineClaim({
  id: 'jobs-poison',
  phase: 5,
  claim:
    'A job that always fails is tried five times with growing pauses, lies dead with what went wrong each time and no secret of it, and comes back once, under its own id, however many redrive it at a time.',
  bound: 'every check',
  seconds: 35,
  measure: (surroundings) =>
    withStand(surroundings, async (stand) => {
      const { check, finding } = createChecks(surroundings.progress);
      const { admin } = stand.server;
      const tries = () => stand.column<Date>('select at from public.job_attempts order by at');
      const isDead = async () => (await admin.get(id))?.state === 'dead';
      await stand.startWorker();
      const id = String(await stand.server.enqueue(stand.kinds.poison, { key: 'poison' }));

      await check('it is dead after five attempts', async () => {
        ok(await stand.until(isDead, 90_000), 'it never was');
        strictEqual((await tries()).length, attempts);
      });
      await check('each pause is twice as long as the one before, and more by chance', async () => {
        const at = (await tries()).map((date) => date.getTime());
        const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
        const least = (index: number) => 1_000 * 2 ** index - toleranceMs;
        ok(
          pauses.every((pause, index) => pause >= least(index)),
          pauses.join(', '),
        );
      });
      await check('the error of each attempt is kept, without secrets', async () => {
        strictEqual((await admin.get(id))?.history.length, attempts);
        const [stored = ''] = await stand.column<string>('select output::text from pgboss.job');
        for (const secret of ['cook@example.com', 'hunter2']) ok(!stored.includes(secret), secret);
      });
      await check(`${redrives} redrives at a time bring it back once`, async () => {
        await stand.client.query('delete from public.job_attempts');
        const counts = await Promise.all(
          Array.from({ length: redrives }, (_, index) =>
            admin.redrive(index % 2 === 0 ? { all: true } : { ids: [id] }),
          ),
        );
        strictEqual(
          counts.reduce((sum, count) => sum + count),
          1,
        );
      });
      await check('it has five more attempts, at once where an operator asks for it', async () => {
        let hurried = 0;
        const isDeadAgain = async () => {
          const job = await admin.get(id);
          // Once for each pause: a retry of what is dead by now would bring it back.
          if (job?.state === 'retrying' && job.attempts > hurried) {
            hurried = job.attempts;
            await admin.retry([id]);
          }
          return job?.state === 'dead';
        };
        ok(await stand.until(isDeadAgain, 30_000), 'it was never dead again');
        strictEqual((await tries()).length, attempts);
      });
      await check('it is one job all the time', async () => {
        strictEqual((await stand.column('select id from pgboss.job')).length, 1);
      });
      return finding();
    }),
});
