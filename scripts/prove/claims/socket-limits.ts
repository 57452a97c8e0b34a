import { strict as assert } from 'node:assert';
import type { Socket } from 'socket.io-client';
import { openAdmitted, openRawWebSocket } from '../../../backend/test/support/raw-web-socket.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';
import { openSockets } from '../measure/socket-pool.ts';
import { join } from '../measure/two-processes.ts';

const perUser = 5;
const perAddress = 20;
const maxRooms = 4;
const perSecond = 20;

export default defineClaim({
  id: 'socket-limits',
  phase: 4,
  claim:
    'Sockets of a user, of an address and of a process, rooms of a socket and what it may send have limits that hold exactly, and who is over one is told by a code.',
  bound: 'every check passes',
  seconds: 10,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const [one, two] = await Promise.all([stack.signUp(), stack.signUp()]);
    const server = await startServer({
      script: 'probe.ts',
      environment: {
        TRUST_PROXY: '1',
        SOCKET_MAX_PER_USER: String(perUser),
        SOCKET_MAX_PER_ADDRESS: String(perAddress),
        SOCKET_MAX_CONNECTIONS: String(2 * perAddress),
        SOCKET_MAX_ROOMS: String(maxRooms),
        SOCKET_PACKETS_PER_SECOND: String(perSecond),
      },
    });
    const pool = await openSockets({
      url: server.url,
      count: perUser,
      token: () => one.accessToken,
      enter: (socket) => join(socket, 'first'),
    });
    const socket = pool.sockets[0]?.socket as Socket;

    await check(`a user has ${perUser} sockets, and the next is told RATE_LIMITED`, async () => {
      const next = await openRawWebSocket(server.url);
      next.send(`40${JSON.stringify({ token: one.accessToken })}`);
      await next.until('44{');
      assert.match(next.received(), /"code":"RATE_LIMITED"/);
      next.destroy();
    });
    await check(`a socket is in ${maxRooms} rooms, and the next is refused`, async () => {
      for (let number = 1; number < maxRooms; number += 1) await join(socket, `room-${number}`);
      const answer: unknown = await socket
        .timeout(5_000)
        .emitWithAck('probe:join', { room: 'more' });
      assert.match(JSON.stringify(answer), /"ok":false.*RATE_LIMITED/);
    });
    await check('who sends more than a burst is told why and ended', async () => {
      const flooder = await openAdmitted(server.url, two.accessToken);
      flooder.send(...Array<string>(perSecond * 4 + 20).fill('3'));
      await flooder.ended;
      assert.match(flooder.received(), /"socket:ended",\{"error":"RATE_LIMITED"/);
    });
    await check(
      'an address has its sockets, then the process its own, each by its code',
      async () => {
        const from = async (address: string) =>
          openRawWebSocket(server.url, { headers: [`X-Forwarded-For: ${address}`] });
        const here = await Promise.all(
          Array.from({ length: perAddress + 5 }, (_, number) => from(`2001:db8:1:2::${number}`)),
        );
        const admitted = here.filter(({ statusLine }) => statusLine.includes('101'));
        assert.equal(admitted.length, perAddress);
        const refused = here.filter(({ statusLine }) => !statusLine.includes('101'));
        for (const each of refused) assert.equal(each.received(), 'RATE_LIMITED');
        const others = [];
        for (let number = 0; number <= perAddress; number += 1)
          others.push(await from(`192.0.2.${number}`));
        assert.equal(others.at(-1)?.received(), 'SERVICE_UNAVAILABLE');
        for (const each of [...here, ...others]) each.destroy();
      },
    );
    await check('those within the limits were never disturbed', () => {
      assert.deepEqual(
        pool.sockets.flatMap(({ disconnects }) => disconnects),
        [],
      );
      return Promise.resolve();
    });
    pool.close();
    return finding();
  },
});
