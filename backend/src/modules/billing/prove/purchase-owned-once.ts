import { strictEqual } from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { apple } from '../../../../local/providers/apple.ts';
import { startSandbox } from '../../../../local/providers/sandbox.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { createChecks } from '../../../../../scripts/prove/checks.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';

const times = 10;
/** Where anything of a purchase is kept, for good or for a while. */
const tables = [
  'bulwark.webhook_events',
  'pgboss.job',
  'billing.purchases',
  'billing.purchase_history',
  'billing.fraud_signals',
];

export default defineClaim({
  id: 'purchase-owned-once',
  phase: 2,
  claim:
    'A purchase that two users present at once, again and again, is one user’s: the other is answered with 409 PURCHASE_OWNED and leaves a fraud signal; what they presented stands in no log and in no table.',
  bound: 'every check',
  seconds: 10,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const sandbox = await startSandbox({ providers: [apple] });
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    const presented: string[] = [];
    try {
      const environment = { ...sandbox.environment, RATE_LIMIT_EXPENSIVE: '100000' };
      const servers = await Promise.all([
        startServer({ environment }),
        startServer({ environment }),
      ]);
      sandbox.deliverTo(servers[0].url);
      const buy = async (userId?: string): Promise<string> => {
        const answer = await fetch(`${sandbox.url}/_sandbox/apple/buy`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ userId, product: 'sandbox.pro.monthly' }),
        });
        const { signedTransaction } = (await answer.json()) as { signedTransaction: string };
        presented.push(signedTransaction);
        return signedTransaction;
      };
      const present = async (nr: number, { accessToken }: TestUser, signedTransaction: string) => {
        const answer = await fetch(`${servers[nr % 2]?.url ?? ''}/api/v1/purchases/apple`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${accessToken}`,
          },
          body: JSON.stringify({ signedTransaction }),
        });
        const { error = '' } = (await answer.json()) as { error?: string };
        return `${answer.status} ${error}`.trim();
      };
      const signals = async (): Promise<number> =>
        (await client.query('select 1 from billing.fraud_signals')).rowCount ?? 0;

      for (const names of [false, true])
        await check(
          `of two at once one has it, where it ${names ? 'names' : 'does not name'} its buyer`,
          async () => {
            const users = [await stack.signUp(), await stack.signUp()] as const;
            const before = await signals();
            const bought = await buy(names ? users[0].userId : undefined);
            const answers = await Promise.all(
              Array.from({ length: times }, async (_, nr) => {
                const each = users.map((user, index) => present(nr + index, user, bought));
                return Promise.all(each);
              }),
            );
            const [ones, others] = [0, 1].map((user) => new Set(answers.map((each) => each[user])));
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
      await check('a receipt that was changed is refused, and stands nowhere either', async () => {
        const changed = `${(await buy()).slice(0, -8)}AAAAAAAA`;
        presented.push(changed);
        strictEqual((await present(0, await stack.signUp(), changed)).slice(0, 1), '4');
      });
      await check('what was presented is in no log and in no table', async () => {
        await wait(500);
        // Its signature alone would do for a forger, as would the claims.
        const parts = presented.flatMap((each) => [each, ...each.split('.').slice(1)]);
        const said = servers.map(({ output }) => output()).join();
        strictEqual(parts.filter((part) => said.includes(part)).length, 0);
        for (const table of tables) {
          const { rows } = await client.query<{ row: string }>(
            `select each::text as row from ${table} as each`,
          );
          const kept = rows.filter(({ row }) => parts.some((part) => row.includes(part)));
          strictEqual(kept.length, 0, table);
        }
      });
      return finding();
    } finally {
      await client.end();
      await sandbox.close();
    }
  },
});
