import { strictEqual } from 'node:assert/strict';
import { Client } from 'pg';
import { startSandbox } from '../../../../local/providers/sandbox.ts';
import { createChecks } from '../../../../../scripts/prove/checks.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { openStores, present, storeProviders } from './fixtures/stores.ts';

const times = 10;

export default defineClaim({
  id: 'purchase-owned-once',
  phase: 2,
  claim:
    'A purchase in the App Store or on Google Play that two users present at once, again and again, is one user’s: the other is answered with 409 PURCHASE_OWNED and leaves a fraud signal.',
  bound: 'every check',
  seconds: 10,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const sandbox = await startSandbox({ providers: storeProviders });
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      const environment = { ...sandbox.environment, RATE_LIMIT_EXPENSIVE: '100000' };
      const servers = await Promise.all([
        startServer({ environment }),
        startServer({ environment }),
      ]);
      sandbox.deliverTo(servers[0].url);
      const urlOf = (nr: number) => servers[nr % 2]?.url ?? '';
      const signals = async (): Promise<number> =>
        (await client.query('select 1 from billing.fraud_signals')).rowCount ?? 0;

      for (const store of openStores(sandbox))
        for (const names of [false, true])
          await check(
            `${store.title}: of two at once one has it, where it ${names ? 'names' : 'does not name'} its buyer`,
            async () => {
              const users = [await stack.signUp(), await stack.signUp()] as const;
              const before = await signals();
              const bought = await store.buy(names ? users[0].userId : undefined);
              const answers = await Promise.all(
                Array.from({ length: times }, (_, nr) =>
                  Promise.all(
                    users.map((user, index) => present(urlOf(nr + index), store, user, bought)),
                  ),
                ),
              );
              const [ones, others] = [0, 1].map(
                (user) => new Set(answers.map((each) => each[user])),
              );
              const outcomes = [...(ones ?? [])].concat([...(others ?? [])]);
              strictEqual(outcomes.sort().join(), '200,409 PURCHASE_OWNED');
              if (names) strictEqual([...(ones ?? [])].join(), '200');
              strictEqual((await signals()) - before, 1);
              const { rows } = await client.query(
                'select distinct user_id from billing.purchases where key is not null and user_id = any($1)',
                [users.map(({ userId }) => userId)],
              );
              strictEqual(rows.length, 1);
            },
          );
      return finding();
    } finally {
      await client.end();
      await sandbox.close();
    }
  },
});
