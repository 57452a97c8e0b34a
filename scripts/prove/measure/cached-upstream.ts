import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import type { Surroundings } from '../claim.ts';

/** An upstream whose requests are counted and answered on command. */
export interface CountedUpstream {
  readonly url: string;
  /** How many requests came for this key. */
  requests(key: string): number;
  /** Resolves when so many have come for it. */
  until(key: string, count: number): Promise<void>;
  /** What is answered from now on; nothing where it gives undefined, and the request hangs. */
  answer(how: (key: string) => Promise<string | number | undefined>): void;
  close(): void;
}

export async function startCountedUpstream(): Promise<CountedUpstream> {
  const counts = new Map<string, number>();
  const waiting = new Set<() => void>();
  let how: Parameters<CountedUpstream['answer']>[0] = (key) => Promise.resolve(key);

  async function answer(key: string, response: ServerResponse): Promise<void> {
    const what = await how(key);
    if (what === undefined) return;
    response.writeHead(typeof what === 'number' ? what : 200);
    response.end(typeof what === 'number' ? '' : what);
  }

  const server = createServer((request, response) => {
    const key = (request.url ?? '').slice(1);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const look of waiting) look();
    void answer(key, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: (key) => counts.get(key) ?? 0,
    until: (key, count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if ((counts.get(key) ?? 0) < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    answer(next) {
      how = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface CachedAnswer {
  value: string;
  ageMs: number;
  state: 'fresh' | 'stale' | 'miss';
}

export async function startCachedServers(
  { startServer }: Surroundings,
  upstream: CountedUpstream,
  environment: Readonly<Record<string, string>> = {},
): Promise<[ServerProcess, ServerProcess]> {
  const one = () =>
    startServer({
      script: 'cached.ts',
      environment: { RATE_LIMIT_PUBLIC: '1000000', UPSTREAM_URL: upstream.url, ...environment },
    });
  return Promise.all([one(), one()]);
}

export async function ask(server: ServerProcess, path: string): Promise<CachedAnswer> {
  const response = await fetch(`${server.url}/api/v1/cached/${path}`);
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
  return (await response.json()) as CachedAnswer;
}

export async function invalidate(server: ServerProcess, path: string): Promise<void> {
  const url = `${server.url}/api/v1/cached/${path}/invalidate`;
  const response = await fetch(url, { method: 'POST' });
  if (response.status !== 204) throw new Error(`${path} was not invalidated: ${response.status}`);
}
