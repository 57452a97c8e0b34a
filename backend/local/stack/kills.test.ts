import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { processIdentity } from '../postgres/processes.ts';
import { signIn } from './demo-users.ts';
import { createHome, type Home, type Program } from './testing/home.ts';

const deadlineMs = 120_000;
let home: Home;

beforeAll(async () => {
  home = await createHome();
});
afterAll(() => home.dispose(), deadlineMs);

/** Starts, and proves that what is up works. */
async function startWhole(): Promise<Program> {
  const program = home.start();
  await program.says('Ctrl-C stops everything');
  const { apiUrl, users, ...gateway } = await home.stackFile();
  const token = await signIn(gateway, users.demo);
  const response = await fetch(`${apiUrl}/api/v1/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  return program;
}

const nothing = { files: ['credentials.json', 'postgres'], processes: [] };

describe('a stack that is interrupted', () => {
  test(
    'while its Postgres is being created ends without a trace',
    async () => {
      const program = home.start();
      await program.says('Creating the database');
      program.interrupt('SIGINT');
      expect(await program.ended).toBe(0);
      expect(program.output()).not.toContain('Starting the auth issuer');
      expect(program.output()).toMatch(/Everything is stopped\.\s*$/);
      expect(await home.remains()).toEqual(nothing);
    },
    deadlineMs,
  );

  test(
    'recovers from a kill of its supervisor, and from a kill of everything',
    async () => {
      const first = await startWhole();
      const orphans = await home.processes();
      first.interrupt('SIGKILL');
      await first.ended;
      expect((await home.remains()).processes).toContain('Postgres');
      expect((await home.run('token')).output).toContain('not running');

      const second = await startWhole();
      expect(second.output()).toContain('that a killed start had left running');
      const successors = await home.processes();
      for (const pid of Object.values(orphans)) expect(processIdentity(pid)).toBeUndefined();

      for (const pid of [second.pid, ...Object.values(successors)]) process.kill(pid, 'SIGKILL');
      await second.ended;

      const third = await startWhole();
      third.interrupt('SIGTERM');
      expect(await third.ended).toBe(0);
      expect(await home.remains()).toEqual(nothing);
    },
    deadlineMs,
  );

  test(
    'by the death of a part says so, ends the rest and fails',
    async () => {
      const program = await startWhole();
      const { 'the server': server } = await home.processes();
      if (server !== undefined) process.kill(server, 'SIGKILL');
      expect(await program.ended).toBe(1);
      expect(program.output()).toContain('the server ended unexpectedly (SIGKILL)');
      expect(await home.remains()).toEqual(nothing);
    },
    deadlineMs,
  );
});
