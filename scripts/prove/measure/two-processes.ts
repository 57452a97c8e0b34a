import type { Socket } from 'socket.io-client';
import type { Finding, Surroundings } from '../claim.ts';
import { openSockets, type SocketPool } from './socket-pool.ts';
import { grouped } from './summary.ts';

const room = 'everybody';
const socketsEach = 50;
const messagesEach = 200;

/** So that limits which have claims of their own do not count here. */
export const roomyLimits = {
  RATE_LIMIT_SIGNED_IN: '1000000',
  SOCKET_PACKETS_PER_SECOND: '10000',
  SOCKET_MAX_PER_USER: '1000',
};

export const join = async (socket: Socket, name: string): Promise<void> => {
  await socket.timeout(10_000).emitWithAck('probe:join', { room: name });
};
export const say = async (socket: Socket, name: string, text: string): Promise<void> => {
  await socket.timeout(10_000).emitWithAck('probe:say', { room: name, text });
};

/** Speaks until the other has heard it: the way between two processes takes a moment to stand. */
export async function untilHeard(speaker: Socket, listener: Socket, name: string): Promise<void> {
  const heard: string[] = [];
  const listen = (said: { text: string }) => heard.push(said.text);
  listener.on('probe:said', listen);
  while (!heard.includes('hello')) {
    await say(speaker, name, 'hello');
    await new Promise((done) => setTimeout(done, 20));
  }
  listener.off('probe:said', listen);
}

/** Two processes of one server; each speaks to a room whose sockets are on both. Every socket must hear each message once. */
export async function measureFanOut(
  { stack, startServer, progress }: Surroundings,
  environment: Readonly<Record<string, string>>,
): Promise<Finding> {
  const { accessToken } = await stack.signUp();
  const servers = [0, 1].map(() =>
    startServer({ script: 'probe.ts', environment: { ...roomyLimits, ...environment } }),
  );
  const pools: SocketPool[] = [];
  for (const server of await Promise.all(servers)) {
    pools.push(
      await openSockets({
        url: server.url,
        count: socketsEach,
        token: () => accessToken,
        enter: (socket) => join(socket, room),
      }),
    );
  }
  const sockets = pools.flatMap((pool) => pool.sockets.map(({ socket }) => socket));
  const speakers = pools.flatMap((pool) => pool.sockets[0]?.socket ?? []);
  const [one, other] = speakers;
  if (one === undefined || other === undefined) throw new Error('There are no sockets');
  await untilHeard(one, other, room);
  await untilHeard(other, one, room);

  const heard = sockets.map((socket) => {
    const texts: string[] = [];
    socket.on('probe:said', ({ text }: { text: string }) => {
      if (text !== 'hello') texts.push(text);
    });
    return texts;
  });
  progress(`${sockets.length} sockets, ${messagesEach * 2} messages`);
  const startedAt = performance.now();
  await Promise.all(
    speakers.map(async (speaker, number) => {
      for (let turn = 0; turn < messagesEach; turn += 1)
        await say(speaker, room, `${number}:${turn}`);
    }),
  );
  await untilComplete(heard);
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const pool of pools) pool.close();

  const due = sockets.length * messagesEach * 2;
  const lost = heard.reduce((sum, texts) => sum + messagesEach * 2 - new Set(texts).size, 0);
  const twice = heard.reduce((sum, texts) => sum + texts.length - new Set(texts).size, 0);
  const disordered = heard.filter((texts) => !inOrder(texts)).length;
  return {
    figure: `${grouped(lost)} of ${grouped(due)} lost, ${grouped(twice)} twice, ${disordered} sockets out of order, in ${seconds.toFixed(1)} s`,
    holds: lost === 0 && twice === 0 && disordered === 0,
  };
}

/** Resolves when everybody has everything, or when nothing more has come for two seconds. */
async function untilComplete(heard: readonly string[][]): Promise<void> {
  const count = () => heard.reduce((sum, texts) => sum + texts.length, 0);
  for (let quiet = 0, before = -1; quiet < 20; before = count()) {
    if (heard.every((texts) => new Set(texts).size === messagesEach * 2)) break;
    quiet = count() === before ? quiet + 1 : 0;
    await new Promise((done) => setTimeout(done, 100));
  }
  // What comes twice may come late.
  await new Promise((done) => setTimeout(done, 300));
}

/** Each speaker's messages in the order in which they were said. */
const inOrder = (texts: readonly string[]): boolean =>
  ['0', '1'].every((speaker) => {
    const turns = texts.flatMap((text) => {
      const [who, turn] = text.split(':');
      return who === speaker ? [Number(turn)] : [];
    });
    return turns.every((turn, index) => index === 0 || turn > (turns[index - 1] ?? 0));
  });
