import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { Client, escapeLiteral } from 'pg';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';
import { startOwnStack, type OwnStack } from '../faults/own-stack.ts';
import { unlimited } from '../faults/work.ts';

const diskBytes = 4 * 1024 ** 2;
const attempts = 20;

/** A real disk that is full where this may mount one, otherwise a table that fails with the same code of Postgres. */
export default defineClaim({
  id: 'disk-full',
  phase: 5,
  claim:
    'When the disk under a table is full, writes are refused as a passing fault, reads go on, and writes succeed once there is space.',
  bound:
    'writes 503 with Retry-After, reads 200; 201 again with space; the server does not restart',
  seconds: 15,
  async measure({ startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const stack = await startOwnStack();
    const admin = new Client({ connectionString: stack.adminUrl });
    admin.on('error', () => undefined);
    let disk: Disk | undefined;
    let refused = 0;
    let read = 0;
    try {
      const { accessToken } = await stack.signUp();
      const server = await startServer({
        script: 'probe.ts',
        environment: { ...stack.environment, ...unlimited },
      });
      await admin.connect();
      disk = await fullDisk(stack, admin);
      const headers = {
        authorization: `Bearer ${accessToken}`,
        'content-type': 'application/json',
      };
      const write = async (index: number) => {
        const body = JSON.stringify({ key: `${index}-${'x'.repeat(190)}` });
        const url = `${server.url}/api/v1/probe/effects`;
        const answer = await fetch(url, { method: 'POST', headers, body });
        await answer.text();
        return answer;
      };
      await check('writes are refused', async () => {
        for (let index = 0; index < attempts; index += 1) {
          const { status, headers: given } = await write(index);
          if (status !== 503 || !given.has('retry-after')) throw new Error(`answered ${status}`);
          refused += 1;
        }
      });
      await check('reads go on', async () => {
        for (; read < attempts; read += 1) {
          const { status } = await fetch(`${server.url}/api/v1/probe/row`, { headers });
          if (status !== 200) throw new Error(`answered ${status}`);
        }
      });
      await disk.free();
      await check('writes succeed with space', async () => {
        const { status } = await write(attempts);
        if (status !== 201) throw new Error(`answered ${status}`);
      });
    } finally {
      await admin.end();
      await stack.end();
      disk?.remove();
    }
    return {
      ...finding(),
      figure: `${disk.kind}: ${refused} of ${attempts} writes refused, ${read} of ${attempts} reads served`,
    };
  },
});

interface Disk {
  kind: string;
  free(): Promise<void>;
  remove(): void;
}

async function fullDisk(stack: OwnStack, admin: Client): Promise<Disk> {
  const folder = mkdtempSync('/tmp/bulwark-disk-');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    rmSync(folder, { recursive: true });
    return failingTable(admin);
  }
  if (stack.osUser) chownSync(folder, stack.osUser.uid, stack.osUser.gid);
  await admin.query(`create tablespace tiny location ${escapeLiteral(folder)}`);
  await admin.query('alter table public.probe_effects set tablespace tiny');
  // Fails for want of space, and its dead rows stay.
  await admin
    .query(
      `insert into public.probe_effects (owner_id, key)
       select gen_random_uuid(), repeat('x', 190) from generate_series(1, 100000)`,
    )
    .catch(() => undefined);
  return {
    kind: `a full disk of ${diskBytes / 1024 ** 2} MiB`,
    free() {
      execFileSync('mount', ['-o', `remount,size=${diskBytes * 4}`, folder]);
      return Promise.resolve();
    },
    remove() {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

async function failingTable(admin: Client): Promise<Disk> {
  await admin.query(`create function public.full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`);
  await admin.query(`create trigger full_disk before insert on public.probe_effects
    for each row execute function public.full_disk()`);
  return {
    kind: 'no disk could be mounted here, so a table failed with the code of a full one (53100)',
    async free() {
      await admin.query('drop trigger full_disk on public.probe_effects');
    },
    remove: () => undefined,
  };
}
