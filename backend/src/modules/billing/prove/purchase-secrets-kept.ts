import { ok, strictEqual } from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { startSandbox } from '../../../../local/providers/sandbox.ts';
import { startSentrySink } from '../../../../test/support/sentry-sink.ts';
import { createChecks } from '../../../../../scripts/prove/checks.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { type Bought, openStores, partsOf, present, storeProviders } from './fixtures/stores.ts';
import { startTap, type Tap } from './fixtures/tap.ts';

/** Its purpose: Google is asked by the token. Nothing reads it but the module's own client. */
const keepsTokens = 'billing.google_tokens';

export default defineClaim({
  id: 'purchase-secrets-kept',
  phase: 2,
  claim:
    'Receipts, purchase tokens, signed notifications and the tokens of their senders stand in no log line, no Sentry envelope, no dead letter and no table but the one that keeps Google’s tokens, also while the store or the database fails.',
  bound: 'every check',
  seconds: 20,
  async measure({ stack, startServer, progress, signal }) {
    const { check, finding } = createChecks(progress);
    const [sink, sandbox] = [
      await startSentrySink(),
      await startSandbox({ providers: storeProviders }),
    ];
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    let tap: Tap | undefined;
    const until = async (isSo: () => Promise<boolean>): Promise<void> => {
      while (!(await isSo())) await wait(50, undefined, { signal });
    };
    const count = async (sql: string): Promise<number> => (await client.query(sql)).rowCount ?? 0;
    try {
      const server = await startServer({
        environment: {
          ...sandbox.environment,
          SENTRY_DSN: sink.dsn,
          RATE_LIMIT_EXPENSIVE: '100000',
          LOG_LEVEL: 'debug',
          JOBS_POLL_MS: '500',
        },
      });
      tap = await startTap(server.url);
      sandbox.deliverTo(tap.url);
      const secrets: string[] = [];
      const users = [await stack.signUp(), await stack.signUp()] as const;

      for (const store of openStores(sandbox)) {
        const { name, title } = store;
        let own: Bought | undefined;
        const buy = async (userId?: string) => {
          const bought = await store.buy(userId);
          secrets.push(...bought.secrets);
          return bought;
        };
        await check(`${title}: presented, by another one, and changed`, async () => {
          const bought = await buy(users[0].userId);
          own = bought;
          strictEqual(await present(server.url, store, users[0], bought), '200');
          strictEqual(await present(server.url, store, users[1], bought), '409 PURCHASE_OWNED');
          const changed = store.changed(bought);
          secrets.push(...changed.secrets);
          strictEqual((await present(server.url, store, users[1], changed)).slice(0, 1), '4');
        });
        await check(
          `${title}: an event dies of a fault of the database, and a receipt meets it`,
          async () => {
            const unused = await buy(users[0].userId);
            await until(
              async () =>
                (await count(
                  `select from bulwark.webhook_events where provider = '${name}' and state = 'received'`,
                )) === 0,
            );
            await client.query('alter table billing.purchases rename to purchases_gone');
            const reported = sink.events.length;
            await store.do('renew', own ?? unused);
            strictEqual((await present(server.url, store, users[0], unused)).slice(0, 1), '5');
            await until(async () => {
              // Its next attempt is the last.
              await client.query(
                `update pgboss.job set retry_limit = retry_count, start_after = now()
               where name = $1 and state = 'retry' and retry_limit > retry_count`,
                [`webhooks.${name}`],
              );
              return (
                (await count(
                  `select from pgboss.job where name = 'webhooks.${name}' and state = 'failed'`,
                )) > 0
              );
            });
            await until(() =>
              Promise.resolve(
                sink.events.slice(reported).some(({ tags }) => tags?.code === 'JOB_DEAD'),
              ),
            );
            await client.query('alter table billing.purchases_gone rename to purchases');
          },
        );
        // Its breaker is open from then on.
        await check(`${title}: a receipt is presented while the store fails`, async () => {
          sandbox.misbehave(name, { status: 500 });
          strictEqual((await present(server.url, store, users[0], await buy())).slice(0, 1), '5');
          sandbox.heal(name);
        });
      }
      for (const { body, token } of tap.taken) secrets.push(...secretsOf(body, token));

      const absent = (where: string, text: string) => {
        strictEqual(secrets.filter((secret) => text.includes(secret)).length, 0, where);
      };
      await check('notifications of both stores came through', () => {
        ok(tap !== undefined && tap.taken.length >= 4);
        ok(secrets.every((secret) => secret.length > 20));
      });
      await check('none of it is in a log line', () => {
        ok(server.output().includes('webhook'));
        absent('the log', server.output());
      });
      await check('none of it is in a Sentry envelope', () => {
        ok(sink.events.length >= 4);
        absent('Sentry', sink.raw());
      });
      await check('none of it is in a dead letter or any other row', async () => {
        const { rows: tables } = await client.query<{ name: string }>(
          `select format('%I.%I', schemaname, tablename) as name from pg_tables
           where schemaname in ('bulwark', 'billing', 'pgboss')`,
        );
        for (const { name } of tables) {
          if (name === keepsTokens) continue;
          const { rows } = await client.query<{ row: string }>(
            `select t::text as row from ${name} as t`,
          );
          absent(name, rows.map(({ row }) => row).join('\n'));
        }
        ok((await count(`select from ${keepsTokens}`)) > 0);
      });
      return finding();
    } finally {
      await client.end();
      await tap?.close();
      await sandbox.close();
      await sink.close();
    }
  },
});

/** What a notification carries: whole, in its parts, and what is signed or encoded inside of it. */
function secretsOf(body: string, token: string | undefined): string[] {
  const { signedPayload, message } = JSON.parse(body) as {
    signedPayload?: string;
    message?: { data: string };
  };
  const inner = signedPayload === undefined ? [] : signedInside(signedPayload);
  return [
    ...(token === undefined ? [] : partsOf(token)),
    ...(message === undefined ? [] : [message.data]),
    ...[...(signedPayload === undefined ? [] : [signedPayload]), ...inner].flatMap(partsOf),
  ];
}

function signedInside(signedPayload: string): string[] {
  const claims = Buffer.from(signedPayload.split('.')[1] ?? '', 'base64url').toString();
  const { data = {} } = JSON.parse(claims) as { data?: Record<string, unknown> };
  return [data.signedTransactionInfo, data.signedRenewalInfo].filter(
    (each): each is string => typeof each === 'string',
  );
}
