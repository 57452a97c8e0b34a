import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '../../local/postgres/throwaway.ts';
import type { Redis } from '../../src/kernel/redis/index.ts';

export interface RedisServer {
  readonly url: string;
  /** Ends it at once, as a crash would. */
  stop(): Promise<void>;
  /** On the same port, with nothing in it. */
  start(): Promise<void>;
}

/** A Redis of one's own on a free port of loopback that keeps nothing. Needs redis-server on the PATH. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = spawn(
      'redis-server',
      ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' },
    );
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error('redis-server ended before it listened');
    }
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    async stop() {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Resolves when Redis answers; what is asked before is refused at once. */
export async function answering(redis: Redis): Promise<void> {
  for (;;) {
    try {
      await redis.ping(1_000);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  } finally {
    socket.destroy();
  }
}
