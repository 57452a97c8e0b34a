import type { Executor } from '../db/index.ts';
import { giveStartBack, takeStart } from './claim.ts';
import type { Job, JobRate } from './job.ts';

export type Permit = { kind: 'wait'; ms: number } | { kind: 'start'; taken: string };

/** Lets jobs of a provider start evenly spaced, counted in the database over all processes. */
export interface RateGate {
  take(): Promise<Permit>;
  /** For a start that found no job. Never rejects. */
  giveBack(permit: Permit): Promise<void>;
}

const minuteMs = 60_000;
const lostRaceMs = 10;

export function createRateGate(executor: Executor, job: Job & { rate: JobRate }): RateGate {
  const { per, perMinute } = job.rate;
  return {
    async take() {
      const { rows } = await executor.execute(takeStart, [per, minuteMs / perMinute, job.name]);
      const [row] = rows as { taken: string | null; waitMs: number | null }[];
      if (row?.taken != null) return { kind: 'start', taken: row.taken };
      // Null: neither a start nor a job has to be waited for. What lies in the past was taken by another one just now.
      return {
        kind: 'wait',
        ms: row?.waitMs == null ? Infinity : Math.max(row.waitMs, lostRaceMs),
      };
    },
    async giveBack(permit) {
      if (permit.kind === 'wait') return;
      await executor.execute(giveStartBack, [per, permit.taken]).catch(() => undefined);
    },
  };
}
