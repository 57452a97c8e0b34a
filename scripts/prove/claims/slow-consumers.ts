import { execFileSync } from 'node:child_process';
import { openAdmitted } from '../../../backend/test/support/raw-web-socket.ts';
import { defineClaim } from '../claim.ts';
import { openSockets } from '../measure/socket-pool.ts';
import { grouped } from '../measure/summary.ts';
import { join, roomyLimits, say } from '../measure/two-processes.ts';

const slowCount = 30;
const listenerCount = 10;
const messages = 1_500;
const text = 'x'.repeat(9_900);
/** A megabyte may wait for each; the rest is what the work itself moves, garbage not yet collected included. */
const boundMb = 100;

export default defineClaim({
  id: 'slow-consumers',
  phase: 4,
  claim:
    'Clients that never read what their room is told are cut off, so that memory stays bounded, and the others hear everything.',
  bound: `all ${slowCount} cut, 0 messages lost to others, at most ${boundMb} MB`,
  seconds: 20,
  async measure({ stack, startServer, progress }) {
    const { accessToken } = await stack.signUp();
    const server = await startServer({ script: 'probe.ts', environment: roomyLimits });
    const pool = await openSockets({
      url: server.url,
      count: listenerCount + 1,
      token: () => accessToken,
      enter: (socket, index) => join(socket, index === 0 ? 'speaker' : 'loud'),
    });
    const [speaker, ...listeners] = pool.sockets.map(({ socket }) => socket);
    if (speaker === undefined) throw new Error('There are no sockets');
    let heard = 0;
    for (const listener of listeners) listener.on('probe:said', () => (heard += 1));
    // The process grows to its working size first.
    for (let turn = 0; turn < 300; turn += 1) await say(speaker, 'loud', text);
    const before = residentMb(server.child.pid);

    const slow = [];
    for (let number = 0; number < slowCount; number += 1) {
      const one = await openAdmitted(server.url, accessToken);
      one.send('421["probe:join",{"room":"loud"}]');
      await one.until('431[');
      one.pause();
      slow.push(one);
    }
    let highest = before;
    heard = 0;
    for (let turn = 0; turn < messages; turn += 1) {
      await say(speaker, 'loud', text);
      if (turn % 25 !== 0) continue;
      highest = Math.max(highest, residentMb(server.child.pid));
      progress(`${turn} messages, ${highest - before} MB more`);
    }
    for (const listener of listeners) await join(listener, 'loud');
    const cut = server
      .lines()
      .filter(({ msg, reason }) => msg === 'socket cut off' && reason === 'slow-consumer');
    const grown = highest - before;
    const due = messages * listenerCount;
    for (const one of slow) one.destroy();
    pool.close();
    return {
      figure: `${cut.length} of ${slowCount} cut, ${grouped(due - heard)} of ${grouped(due)} messages lost to others, ${grown} MB more`,
      holds: cut.length === slowCount && heard === due && grown <= boundMb,
    };
  },
});

/** Resident memory, whole megabytes. */
const residentMb = (pid: number | undefined): number =>
  Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1024);
