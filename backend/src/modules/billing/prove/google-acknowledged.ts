import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { google } from '../../../../local/providers/google.ts';
import { newNotification, pushBody } from '../../../../local/providers/google/notifications.ts';
import { startSandbox } from '../../../../local/providers/sandbox.ts';
import { commandOf } from '../../../../local/providers/testing/command.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { forgedPushes } from '../testing/google-forgeries.ts';
import { openStores, present } from './fixtures/stores.ts';

const purchases = 60;
/** Rare enough that the breaker seldom opens: it would stay so for two minutes. */
const failRate = 0.1;
const withinSeconds = 60;

interface Shown {
  purchaseToken: string;
  acknowledged: boolean;
}

export default defineClaim({
  id: 'google-acknowledged',
  phase: 2,
  claim:
    'Purchases on Google Play are recorded once and acknowledged, whether the app presents them or a notification alone tells of them, while Google refuses calls and a server is killed with SIGKILL; a push that Pub/Sub has not signed for us is refused, and a notification that is not true changes nothing.',
  bound: `${purchases} of ${purchases} within ${withinSeconds} s; every forged push 400; 0 recorded of what Google does not know`,
  seconds: 25,
  async measure({ stack, startServer, progress, signal }) {
    const sandbox = await startSandbox({ providers: [google] });
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      const environment = {
        ...sandbox.environment,
        RATE_LIMIT_EXPENSIVE: '100000',
        JOBS_POLL_MS: '500',
      };
      const [killed, left] = await Promise.all([
        startServer({ environment }),
        startServer({ environment }),
      ]);
      sandbox.deliverTo(left.url);
      const store = openStores(sandbox).find(({ name }) => name === 'google');
      if (store === undefined) throw new Error('The sandbox has no Google Play');
      const user = await stack.signUp();

      sandbox.misbehave('google', { status: 503, failRate });
      const startedAt = performance.now();
      for (let nr = 0; nr < purchases; nr += 1) {
        const bought = await store.buy(user.userId);
        // Every other one is told of by its notification alone; the answer may be that Google is away.
        if (nr % 2 === 0)
          await present((nr < purchases / 2 ? killed : left).url, store, user, bought).catch(
            () => undefined,
          );
        if (nr === purchases / 2) killed.child.kill('SIGKILL');
        progress(`${nr + 1} of ${purchases} bought`);
      }
      const giveUpAt = startedAt + withinSeconds * 1_000;
      const shown = async (): Promise<Shown[]> => {
        const answer = await fetch(`${sandbox.url}/_sandbox/google/purchases`);
        return ((await answer.json()) as { purchases: Shown[] }).purchases;
      };
      const acknowledged = async () =>
        (await shown()).filter((purchase) => purchase.acknowledged).length;
      let done = await acknowledged();
      while (done < purchases && performance.now() < giveUpAt) {
        await wait(200, undefined, { signal });
        done = await acknowledged();
        progress(`${done} of ${purchases} acknowledged`);
      }
      const seconds = (performance.now() - startedAt) / 1_000;
      sandbox.heal('google');

      const command = commandOf(sandbox, 'google');
      const push = async (authorization: string | undefined): Promise<number> => {
        const untrue = newNotification('subscription.purchased', {
          subscriptionNotification: { notificationType: 4, purchaseToken: 'a.AO-J1Oabcdefghijk' },
        });
        const answer = await fetch(`${left.url}/api/v1/webhooks/google`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(authorization !== undefined && { authorization }),
          },
          body: pushBody(untrue),
        });
        await answer.arrayBuffer();
        return answer.status;
      };
      const makeToken = async (claims?: object) =>
        (await command<{ token: string }>('push-token', claims)).token;
      const taken: string[] = [];
      for (const [name, forge] of forgedPushes)
        if ((await push(await forge(makeToken))) !== 400) taken.push(`taken: a push ${name}`);
      // Signed as it should be, about nothing that there is.
      if ((await push(`Bearer ${await makeToken()}`)) !== 200) taken.push('refused: a good push');
      const counted = async (sql: string) =>
        Number((await client.query<{ count: string }>(sql)).rows[0]?.count);
      while (
        // What Google does not know is tried again later.
        (await counted(
          `select count(*) from bulwark.webhook_events where state = 'received' and error is null`,
        )) > 0
      )
        await wait(50, undefined, { signal });
      const recorded = await counted('select count(*) from billing.purchases');
      return {
        figure: `${done} of ${purchases} acknowledged after ${seconds.toFixed(1)} s, ${recorded} recorded; ${forgedPushes.length - taken.length} of ${forgedPushes.length} forged pushes refused`,
        holds: done === purchases && recorded === purchases && taken.length === 0,
        faults: taken,
      };
    } finally {
      await client.end();
      await sandbox.close();
    }
  },
});
