import { setTimeout as wait } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import type { ServerProcess } from '../../../../test/support/server-process.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { openSockets } from '../../../../../scripts/prove/measure/socket-pool.ts';
import { milliseconds, percentile } from '../../../../../scripts/prove/measure/summary.ts';
import { startBillingApp } from '../testing/app.ts';
import { productTable } from '../testing/products.ts';
import { truth } from '../testing/truths.ts';

const count = 20;
/** Between the last purchase and the end of all of them. */
const runMs = 4_000;

interface Told {
  /** For when it is true. */
  at: string;
  entitlements: { name: string }[];
}

export default defineClaim({
  id: 'entitlements-on-time',
  phase: 2,
  claim:
    'A purchase is told to the user’s sockets of every process within half a second of its commit; what ends by time alone is refused from that moment on without any event, and its sockets are told within two seconds.',
  bound:
    'all told, p99 below 500 ms and 2,000 ms; every answer around the end right to the millisecond',
  seconds: 20,
  async measure({ stack, startServer, progress, signal }) {
    const environment = { BILLING_PRODUCTS: JSON.stringify(productTable) };
    const servers = await Promise.all([startServer({ environment }), startServer({ environment })]);
    const writer = await startBillingApp({ stack });
    const users: TestUser[] = [];
    for (let nr = 0; nr < count; nr += 1) users.push(await stack.signUp());
    const pools = await Promise.all(
      servers.map(({ url }) =>
        openSockets({ url, count, token: (index) => users[index]?.accessToken ?? '' }),
      ),
    );
    /** Resolves with when the socket was told that it has this many entitlements. */
    const told = (socket: Socket, wanted: number) =>
      new Promise<number>((resolve) => {
        const listen = ({ entitlements }: Told) => {
          if (entitlements.length !== wanted) return;
          socket.off('entitlements:changed', listen);
          resolve(Date.now());
        };
        socket.on('entitlements:changed', listen);
      });
    const socketsOf = (index: number) =>
      pools.flatMap(({ sockets }) => sockets[index]?.socket ?? []);
    try {
      progress(`${count} purchases, two sockets of each user`);
      const endsAt = new Date(Date.now() + count * 150 + runMs);
      const beginnings: number[] = [];
      for (const [index, { userId }] of users.entries()) {
        const heard = Promise.all(socketsOf(index).map((socket) => told(socket, 1)));
        await writer.record(truth({ userId, autoRenews: false, periodEndsAt: endsAt }));
        const committedAt = Date.now();
        beginnings.push(...(await heard).map((at) => at - committedAt));
      }
      const heardOfEnd = Promise.all(
        users.flatMap((_user, index) => socketsOf(index).map((socket) => told(socket, 0))),
      );
      progress('the end of all of them at one moment');
      const asked: Told[] = [];
      for (const offsetMs of [-400, -100, 0, 100]) {
        await wait(Math.max(0, endsAt.getTime() + offsetMs - Date.now()), undefined, { signal });
        asked.push(...(await answers(servers, users)));
      }
      const before = asked.filter(({ at }) => Date.parse(at) < endsAt.getTime());
      const wrong = asked.filter(
        (answer) => answer.entitlements.length !== (before.includes(answer) ? 1 : 0),
      );
      const ends = (await heardOfEnd).map((at) => at - endsAt.getTime());
      const [begun, ended] = [percentile(beginnings, 0.99), percentile(ends, 0.99)];
      return {
        figure: `${beginnings.length} sockets of two processes told of a purchase, p99 ${milliseconds(begun)} after its commit, and of its end, p99 ${milliseconds(ended)} after it; ${wrong.length} of ${asked.length} answers around the end wrong, ${before.length} of them from before it`,
        holds:
          begun < 500 &&
          ended < 2_000 &&
          Math.min(...ends) >= 0 &&
          wrong.length === 0 &&
          before.length > 0 &&
          before.length < asked.length,
      };
    } finally {
      for (const pool of pools) pool.close();
      await writer.stop();
    }
  },
});

/** What both servers say to each of the users. */
const answers = (servers: readonly ServerProcess[], users: readonly TestUser[]): Promise<Told[]> =>
  Promise.all(
    servers.flatMap(({ url }) =>
      users.map(async ({ accessToken }) => {
        const response = await fetch(`${url}/api/v1/me/entitlements`, {
          headers: { authorization: `Bearer ${accessToken}` },
        });
        return (await response.json()) as Told;
      }),
    ),
  );
