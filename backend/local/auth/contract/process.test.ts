import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { clientOf, openStand, present, signUp } from './stand.ts';
import type { Stand } from './stand.ts';

interface Ready {
  type: 'ready';
  url: string;
  anonKey: string;
  serviceRoleKey: string;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const children = new Set<ChildProcess>();
let stand: Stand;

beforeAll(async () => {
  stand = await openStand();
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(() => stand.close());

function start(env: Record<string, string> = {}): ChildProcess {
  const child = fork(main, {
    env: { DATABASE_URL: stand.databaseUrl, PORT: '0', ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.add(child);
  return child;
}

async function ready(child: ChildProcess): Promise<Ready> {
  const [message] = (await once(child, 'message')) as [Ready];
  return message;
}

async function isListening(url: string): Promise<boolean> {
  return fetch(`${url}/auth/v1/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe('the process', () => {
  test('tells its parent where it listens and with which keys', async () => {
    const { type, url, anonKey, serviceRoleKey } = await ready(start());
    expect(type).toBe('ready');
    expect({ anonKey, serviceRoleKey }).toEqual({
      anonKey: stand.issuer.anonKey,
      serviceRoleKey: stand.issuer.serviceRoleKey,
    });
    const { session } = await signUp(stand);
    const { data } = await clientOf(url, anonKey).auth.getUser(session.access_token);
    expect(data.user?.id).toBe(session.user.id);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends in order on %s', async (signal) => {
    const child = start();
    const { url } = await ready(child);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await isListening(url)).toBe(false);
  });

  test('goes when its parent goes', async () => {
    const child = start();
    const { url } = await ready(child);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await isListening(url)).toBe(false);
  });

  test('names itself by its public address in tokens', async () => {
    const { url } = await ready(start({ PUBLIC_URL: 'https://auth.example.com/' }));
    expect(url).toBe('https://auth.example.com');
  });

  test.each([
    ['no database is named', { DATABASE_URL: '' }, /DATABASE_URL is missing/],
    ['a number is none', { PORT: 'soon' }, /PORT must be a whole number/],
    ['the database is not there', { DATABASE_URL: 'postgres://u@127.0.0.1:1/d' }, /ECONNREFUSED/],
  ])('says why it does not start when %s', async (_what, env, reason) => {
    const child = start(env);
    const [exit, output] = await Promise.all([once(child, 'exit'), text(present(child.stderr))]);
    expect(exit).toEqual([1, null]);
    expect(output).toMatch(reason);
  });

  test('says so when its port is taken', async () => {
    const { port } = new URL(stand.issuer.url);
    const child = start({ PORT: port });
    const [exit, output] = await Promise.all([once(child, 'exit'), text(present(child.stderr))]);
    expect(exit).toEqual([1, null]);
    expect(output).toMatch(/EADDRINUSE/);
  });
});
