import { readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Pm2 } from '../support/pm2.ts';
import { statusOf } from './candidate.ts';
import { DeployRefused, type Layout } from './layout.ts';

const servesWithinMs = 60_000;
const lookEveryMs = 250;

export interface Target {
  pm2: Pm2;
  /** Where the server listens. */
  port: number;
  environment: string;
}

/**
 * Makes a release the current one and lets PM2 replace the processes, each after its successor is ready. Throws
 * DeployRefused unless in the end every process is one of this release and the server's port says that it is ready.
 */
export async function switchTo(
  layout: Layout,
  id: string,
  { pm2, port, environment }: Target,
): Promise<void> {
  layout.makeCurrent(id);
  const config = join(layout.current, 'ecosystem.config.js');
  const { output } = await pm2.run('startOrReload', config, '--env', environment, '--update-env');
  // PM2 ends with 0 and a tick also where a process never became ready, so its word counts for nothing.
  const giveUpAt = performance.now() + servesWithinMs;
  for (;;) {
    const fault = await faultOf(layout, id, { pm2, port });
    if (fault === undefined) break;
    if (performance.now() > giveUpAt) throw new DeployRefused(`${fault}\n${output.slice(-2_000)}`);
    await wait(lookEveryMs);
  }
  await pm2.save();
}

async function faultOf(
  layout: Layout,
  id: string,
  { pm2, port }: Pick<Target, 'pm2' | 'port'>,
): Promise<string | undefined> {
  const processes = await pm2.processes();
  if (!processes.some(({ name }) => name === 'api')) return 'PM2 has no process named api.';
  for (const { name, pid, status } of processes) {
    if (name !== 'api' && name !== 'worker') continue;
    if (status !== 'online') return `${name} is ${status}.`;
    if (releaseOf(pid) !== realpathSync(layout.pathOf(id)))
      return `${name} (${pid}) runs ${releaseOf(pid) ?? 'nothing'}.`;
  }
  const ready = await statusOf(port, '/readyz').catch((error: unknown) => String(error));
  return ready === 200 ? undefined : `/readyz on port ${port} answers ${ready}.`;
}

/** Which folder a process was started in: the kernel knows, whatever PM2 was told. Undefined where there is none. */
function releaseOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
