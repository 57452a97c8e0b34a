import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { destructiveStatements } from '../../scripts/deploy/destructive.ts';
import { load, productionEnvironment } from './support/environment.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the sieve for migrations', () => {
  test.each([
    'drop table public.notes;',
    'alter table public.notes drop column text;',
    'alter table public.notes rename column text to body;',
    'alter table public.notes rename to remarks;',
    'alter table public.notes alter column text type varchar(10);',
    'alter table public.notes alter text set not null;',
    'alter table public.notes add column kind text not null;',
    'truncate public.notes;',
    'alter table public.notes drop text;',
    'alter table public.notes rename text to body;',
    'alter table public.notes add price numeric(10,2) not null;',
    'alter table public.notes add column if not exists id uuid primary key, add kind text;',
    'alter table public.notes alter text drop default;',
    'alter table public.notes add constraint short check (char_length(text) < 10);',
    'alter table public.notes enable row level security;',
    'create unique index on public.notes (text);',
    'revoke all on public.notes from authenticated;',
    'delete from public.notes;',
    'do $$ begin if true then drop table public.notes; end if; end $$;',
    'drop policy own on public.notes; create table public.others (id uuid not null);',
    'drop function public.is_admin(); create table public.others (id uuid not null);',
  ])('refuses %s', (sql) => {
    expect(destructiveStatements(`select 1;\n${sql}`)).toEqual([
      { line: 2, why: expect.any(String) },
    ]);
  });

  test.each([
    'create table public.notes (id uuid primary key, text text not null);',
    'alter table public.notes add column kind text;',
    "alter table public.notes add column kind text not null default 'a';",
    '-- drop table public.notes',
    "comment on table public.notes is 'drop table x; truncate y';",
    'create index notes_kind on public.notes (kind);',
    'create function public.tidy() returns void language sql as $$ delete from public.notes; $$;',
    'create unlogged table public.hits (id uuid); alter table public.hits enable row level security;',
    'create schema apart; revoke all on all tables in schema apart from public;',
    'alter table public.notes alter text drop not null, drop constraint short;',
    'create table public.others (id uuid); revoke all on public.others from public; create unique index on public.others (id);',
    "alter table public.notes add price numeric(10,2) not null default 0, add kind text not null default 'a, b';",
  ])('lets through %s', (sql) => {
    expect(destructiveStatements(sql)).toEqual([]);
  });
});

describe('the command', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-deploy-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'scripts/deploy/deploy.ts'), ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });

  test('ends with 2 where it is not told where to', () => {
    const { status, stderr } = run('deploy');
    expect(status).toBe(2);
    expect(stderr).toContain('--to <folder>');
  });

  test('ends with 1 where there is nothing to return to, and leaves no lock', () => {
    for (let time = 0; time < 2; time += 1) {
      const { status, stderr } = run('rollback', '--to', folder);
      expect(stderr).toContain('There is no release to return to.');
      expect(status).toBe(1);
    }
  });

  test('is refused while another is at work, and not by one that was killed', () => {
    writeFileSync(join(folder, 'deploy.lock'), String(process.pid));
    expect(run('rollback', '--to', folder).stderr).toContain('is deploying already');
    const { pid } = spawnSync(process.execPath, ['--eval', '']);
    writeFileSync(join(folder, 'deploy.lock'), String(pid));
    expect(run('rollback', '--to', folder).stderr).toContain('There is no release to return to.');
  });
});

/** As PM2 reads it: with `require`, from a file that is an ES module. */
function ecosystem(env: Record<string, string> = {}): {
  name: string;
  wait_ready: boolean;
  kill_timeout: number;
  env_production: Record<string, string>;
}[] {
  const program = "console.log(JSON.stringify(require('./ecosystem.config.js').apps))";
  const { stdout } = spawnSync(process.execPath, ['--eval', program], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  return JSON.parse(stdout) as ReturnType<typeof ecosystem>;
}

describe('what is shipped beside it', () => {
  test('PM2 waits longer than a shutdown takes, and is told no secret', () => {
    const { shutdownTimeoutMs } = load(productionEnvironment()).kernel.lifecycle;
    const apps = ecosystem();
    expect(apps.map(({ name }) => name)).toEqual(['api', 'worker']);
    for (const app of apps) {
      expect(app.wait_ready).toBe(true);
      expect(app.kill_timeout).toBeGreaterThan(shutdownTimeoutMs);
    }
    expect(read('ecosystem.config.js')).not.toMatch(/SECRET|KEY|DATABASE_URL|PASSWORD/);
  });

  test('PM2 waits for as long as a shutdown is given, and the worker has a metrics port of its own', () => {
    const [api, worker] = ecosystem({ SHUTDOWN_TIMEOUT_MS: '60000', METRICS_PORT: '9464' });
    for (const app of [api, worker]) expect(app?.kill_timeout).toBe(65_000);
    expect(api?.env_production).not.toHaveProperty('METRICS_PORT');
    expect(worker?.env_production.METRICS_PORT).toBe('9564');
    expect(ecosystem()[1]?.env_production).not.toHaveProperty('METRICS_PORT');
    const own = ecosystem({ METRICS_PORT: '9464', WORKER_METRICS_PORT: '7000' });
    expect(own[1]?.env_production.METRICS_PORT).toBe('7000');
  });

  test('the image runs as somebody who is not root, and says whether it lives', () => {
    const dockerfile = read('Dockerfile');
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK [^]*\/livez/m);
    expect(dockerfile).not.toMatch(/^(ENV|ARG) .*(SECRET|PASSWORD|KEY|DATABASE_URL)/m);
    expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.env', '.env.*']));
  });

  test('every supervisor waits longer than a shutdown takes', () => {
    const { shutdownTimeoutMs } = load(productionEnvironment()).kernel.lifecycle;
    const waits = [
      /stop_grace_period: (\d+)s/.exec(read('docs/deploy/compose.yml')),
      /^TimeoutStopSec=(\d+)$/m.exec(read('docs/deploy/bulwark-api.service')),
      /^TimeoutStopSec=(\d+)$/m.exec(read('docs/deploy/bulwark-worker.service')),
    ];
    for (const found of waits)
      expect(Number(found?.[1]) * 1_000).toBeGreaterThan(shutdownTimeoutMs);
  });
});
