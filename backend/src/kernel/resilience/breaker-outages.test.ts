import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import {
  breakerStand,
  openMs,
  fail,
  until,
  type CallingProcess,
} from '../../../test/support/breaker-stand.ts';
import { answers } from '../../../test/support/failing-provider.ts';
import { withDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';
import { caughtBy } from '../../../test/support/upstream-stand.ts';

const stand = breakerStand();

describe('a try of the half-open state', () => {
  test('lets another try through when nothing is heard of the first, whose process may be gone', async () => {
    const upstream = await stand.upstream();
    const [one] = (await stand.processes(1, upstream, { listenUrl: undefined })) as [
      CallingProcess,
    ];
    upstream.always(answers(500));
    await fail(one, 5);
    await until(async () => (await one.state()).openings === 1);
    await withDatabase(stand.database().url, {}, (db) =>
      db
        .statement(
          `update bulwark.provider_breakers set due_at = now(), probe = gen_random_uuid(),
             probe_until = now() + interval '2 seconds', revision = revision + 1 where name = $1`,
          [one.provider.name],
          2_000,
        )
        .then(() => undefined),
    );
    await one.until('half-open');
    upstream.always(answers(200));
    const [refusal] = await fail(one, 1);
    expect(refusal).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await until(async () => !((await caughtBy(one.ask())) instanceof Error));
    expect((await one.state()).breaker).toBe('closed');
  });
});

describe('without a line between processes', () => {
  test('they agree by the table, a second later', async () => {
    const upstream = await stand.upstream();
    const all = await stand.processes(2, upstream, { listenUrl: undefined });
    upstream.always(answers(500));
    await fail(all[0] as CallingProcess, 5);
    await (all[1] as CallingProcess).until('open');
  });
});

describe('without a database', () => {
  test('each process decides alone, and says afterwards what it has decided', async () => {
    const upstream = await stand.upstream();
    const relay = await startTcpRelay(stand.database().url);
    stand.dispose(() => relay.close());
    const [cut] = (await stand.processes(1, upstream, { url: relay.url })) as [CallingProcess];
    const [other] = (await stand.processes(1, upstream, { sameName: true })) as [CallingProcess];
    relay.refuse();
    relay.reset();
    upstream.always(answers(500));
    await fail(cut, 5);
    expect((await cut.state()).breaker).toBe('open');
    await wait(openMs + 50);
    await fail(cut, 1);
    expect((await cut.state()).breaker).toBe('open');
    relay.recover();
    await other.until('open');
    expect((await other.state()).openings).toBe(1);
  });
});

test('what a provider has said is in no table that clients reach', async () => {
  await withDatabase(stand.database().url, {}, async (db) => {
    const { rows } = await db.statement(
      `select role from unnest(array['anon', 'authenticated', 'service_role']) as role,
         unnest(array['bulwark.provider_breakers', 'bulwark.provider_sightings']) as t (name)
       where has_table_privilege(role, t.name, 'select, insert, update, delete')`,
      [],
      2_000,
    );
    expect(rows).toEqual([]);
  });
});
