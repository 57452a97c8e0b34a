import { Client } from 'pg';
import type { Socket } from 'socket.io-client';
import { defineClaim } from '../claim.ts';
import { startFaultProxy } from '../fault-proxy.ts';
import { openSockets } from '../measure/socket-pool.ts';
import { milliseconds } from '../measure/summary.ts';
import { join, roomyLimits, untilHeard } from '../measure/two-processes.ts';

const room = 'both';
const boundMs = 12_000;

export default defineClaim({
  id: 'fan-out-heals',
  phase: 4,
  claim:
    'When the connection that carries sockets between processes is cut or falls silent, messages of the other process arrive again by themselves, and sockets stay connected.',
  bound: `within ${boundMs / 1_000} s`,
  seconds: 25,
  async measure({ stack, startServer, progress }) {
    const proxy = await startFaultProxy(stack.database.url);
    const { accessToken } = await stack.signUp();
    const servers = await Promise.all(
      [stack.database.url, proxy.url].map((url) =>
        startServer({
          script: 'probe.ts',
          environment: { ...roomyLimits, DATABASE_LISTEN_URL: url },
        }),
      ),
    );
    const pools = await Promise.all(
      servers.map(({ url }) =>
        openSockets({
          url,
          count: 1,
          token: () => accessToken,
          enter: (socket) => join(socket, room),
        }),
      ),
    );
    const [one, two] = pools.flatMap((pool) => pool.sockets.map(({ socket }) => socket));
    if (one === undefined || two === undefined) throw new Error('There are no sockets');
    await bothWays(one, two);

    const took: Record<string, number> = {};
    async function healed(fault: string, strike: () => Promise<void>): Promise<void> {
      progress(fault);
      await strike();
      const startedAt = performance.now();
      await bothWays(one as Socket, two as Socket);
      took[fault] = performance.now() - startedAt;
    }
    await healed('cut', () => terminateListeners(stack.database.adminUrl));
    await healed('silent', () => {
      proxy.swallow();
      // New connections are passed on; the silent ones stay so, and the server has to notice by itself.
      proxy.recover();
      return Promise.resolve();
    });

    const lostSockets = pools
      .flatMap((pool) => pool.sockets)
      .flatMap(({ disconnects }) => disconnects);
    for (const pool of pools) pool.close();
    await proxy.close();
    const figures = Object.entries(took).map(([fault, ms]) => `${fault}: ${milliseconds(ms)}`);
    return {
      figure: `${figures.join(', ')}; ${lostSockets.length} sockets lost`,
      holds: Object.values(took).every((ms) => ms <= boundMs) && lostSockets.length === 0,
    };
  },
});

async function bothWays(one: Socket, two: Socket): Promise<void> {
  await untilHeard(one, two, room);
  await untilHeard(two, one, room);
}

async function terminateListeners(adminUrl: string): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'bulwark-sockets' and datname = current_database()`,
  );
  await admin.end();
}
