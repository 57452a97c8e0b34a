import { setTimeout as wait } from 'node:timers/promises';
import { hostileFrameLimits, hostileFrames } from '../../../backend/test/support/hostile-frames.ts';
import { openAdmitted } from '../../../backend/test/support/raw-web-socket.ts';
import { defineClaim } from '../claim.ts';
import { openSockets } from '../measure/socket-pool.ts';
import { milliseconds, percentile } from '../measure/summary.ts';
import { join, roomyLimits, say } from '../measure/two-processes.ts';

const rounds = 5;
const boundMs = 500;

export default defineClaim({
  id: 'socket-attacks',
  phase: 4,
  claim:
    'A client that sends malformed frames, broken packets, floods of fragments or forged attachments loses its own connection; other sockets stay and are answered in time.',
  bound: `every attacker closed, 0 others lost, p99 below ${boundMs} ms`,
  seconds: 20,
  async measure({ stack, startServer, progress }) {
    const { accessToken } = await stack.signUp();
    const server = await startServer({
      script: 'probe.ts',
      environment: { ...roomyLimits, ...hostileFrameLimits },
    });
    const pool = await openSockets({
      url: server.url,
      count: 20,
      token: () => accessToken,
      enter: (socket) => join(socket, 'calm'),
    });
    const latencies: number[] = [];
    let attacking = true;
    const healthy = pool.sockets.map(async ({ socket }) => {
      while (attacking) {
        const startedAt = performance.now();
        await say(socket, 'alone', 'x');
        latencies.push(performance.now() - startedAt);
        await wait(50);
      }
    });

    const survivors: string[] = [];
    let attacks = 0;
    for (let round = 1; round <= rounds; round += 1) {
      progress(`round ${round} of ${rounds}`);
      await Promise.all(
        hostileFrames.map(async ([what, frames]) => {
          const attacker = await openAdmitted(server.url, accessToken);
          attacks += 1;
          attacker.send(...frames);
          const closed = await Promise.race([
            attacker.ended.then(() => true),
            wait(5_000, false, { ref: false }),
          ]);
          if (!closed) survivors.push(what);
          attacker.destroy();
        }),
      );
    }
    attacking = false;
    await Promise.all(healthy);
    const lost = pool.sockets.flatMap(({ disconnects }) => disconnects);
    const crashed = server.child.exitCode !== null;
    pool.close();
    const p99 = percentile(latencies, 0.99);
    return {
      figure: `${attacks - survivors.length} of ${attacks} attackers closed, ${lost.length} of 20 others lost, p99 ${milliseconds(p99)}`,
      holds: survivors.length === 0 && lost.length === 0 && !crashed && p99 < boundMs,
      faults: [...new Set(survivors)].map((what) => `stayed open: ${what}`),
    };
  },
});
