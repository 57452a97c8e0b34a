import { openAdmitted, openRawWebSocket } from '../../../backend/test/support/raw-web-socket.ts';
import { startRedisServer } from '../../../backend/test/support/redis-server.ts';
import { defineClaim } from '../claim.ts';
import { openSockets } from '../measure/socket-pool.ts';
import { join, roomyLimits, say } from '../measure/two-processes.ts';

const clients = 10;

export default defineClaim({
  id: 'recovery-authenticates',
  phase: 4,
  claim:
    'A client that comes back within two minutes hears what it missed, but only with a token of the same user: a forged token or another user hears nothing of it.',
  bound: `${clients} of ${clients} go on, 0 of ${clients * 2} strangers hear anything`,
  seconds: 10,
  needs: ['redis-server'],
  async measure({ stack, startServer, progress }) {
    const redis = await startRedisServer();
    try {
      const [own, other] = await Promise.all([stack.signUp(), stack.signUp()]);
      const server = await startServer({
        script: 'probe.ts',
        environment: { ...roomyLimits, RATE_LIMIT_PUBLIC: '100000', REDIS_URL: redis.url },
      });
      const pool = await openSockets({
        url: server.url,
        count: 1,
        token: () => other.accessToken,
        enter: (socket) => join(socket, 'speaker'),
      });
      const speaker = pool.sockets[0]?.socket;
      if (speaker === undefined) throw new Error('There is no socket');

      /** Loses a connection, and says whether the token hears what was said meanwhile. */
      async function hears(room: string, token: string): Promise<boolean> {
        const first = await openAdmitted(server.url, own.accessToken);
        first.send(`421["probe:join",{"room":"${room}"}]`);
        await first.until('431[');
        await say(speaker as NonNullable<typeof speaker>, room, 'heard');
        await first.until('"heard"');
        const pid = /"pid":"([^"]+)"/.exec(first.received())?.[1];
        const offset = /"heard"\},"(\d+-\d+)"\]/.exec(first.received())?.[1];
        first.destroy();
        while (
          server.lines().filter(({ msg }) => msg === 'socket connected').length -
            server.lines().filter(({ msg }) => msg === 'socket disconnected').length >
          1
        )
          await new Promise((done) => setTimeout(done, 10));
        await say(speaker as NonNullable<typeof speaker>, room, 'missed');

        const second = await openRawWebSocket(server.url);
        second.send(`40${JSON.stringify({ token, pid, offset })}`);
        await Promise.race([second.until('"connected"'), second.until('44{')]);
        second.send('427["probe:join",{"room":"last"}]');
        // A refused one is closed for what it sends; an admitted one is answered after whatever it is told.
        await Promise.race([second.until('437['), second.ended]);
        const heard = second.received().includes('"missed"');
        second.destroy();
        await second.ended;
        return heard;
      }

      let goneOn = 0;
      let leaked = 0;
      for (let number = 0; number < clients; number += 1) {
        progress(`client ${number + 1} of ${clients}`);
        if (await hears(`kept:own-${number}`, own.accessToken)) goneOn += 1;
        if (await hears(`kept:other-${number}`, other.accessToken)) leaked += 1;
        if (await hears(`kept:forged-${number}`, forged(own.accessToken))) leaked += 1;
      }
      pool.close();
      return {
        figure: `${goneOn} of ${clients} went on, ${leaked} of ${clients * 2} strangers heard something`,
        holds: goneOn === clients && leaked === 0,
      };
    } finally {
      await redis.stop();
    }
  },
});

/** The same words under another signature. */
const forged = (token: string): string => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return `${header}.${payload}.${Buffer.from(signature).reverse().toString()}`;
};
