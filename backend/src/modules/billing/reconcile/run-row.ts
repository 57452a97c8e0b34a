import type { ProviderName } from '../truth.ts';

export const runStatuses = ['running', 'completed', 'incomplete', 'failed'] as const;
/**
 * - `completed` all was looked at but for one in a hundred at most
 * - `incomplete` the end was reached, and more than that could not be looked at
 * - `failed` it was given up
 */
export type RunStatus = (typeof runStatuses)[number];

/** Where a run is: the purchases that we know, the accounts that may have others, and again what could not be looked at. */
export type RunPhase = 'purchases' | 'accounts' | 'again';

export const countNames = [
  'checked',
  'same',
  'corrected',
  'found',
  'unknown',
  'failed',
  'accounts',
] as const;
export type Counts = Record<(typeof countNames)[number], number>;

/** One reconciliation: of a provider, or of one user. */
export interface Run extends Counts {
  id: string;
  provider: ProviderName | null;
  userId: string | null;
  startedBy: 'schedule' | 'operator';
  requestedBy: string | null;
  status: RunStatus;
  phase: RunPhase;
  resumesAt: Date | null;
  /** Of the last fault. */
  errorCode: string | null;
  startedAt: Date;
  endedAt: Date | null;
}

/** A run and where it is. */
export interface RunPlace extends Run {
  provider: ProviderName;
  place: string | null;
  steps: number;
  stalls: number;
}

/** Of a run as it is shown. */
export const shownColumns = `id, provider, user_id as "userId", started_by as "startedBy",
  requested_by as "requestedBy", status, phase, ${countNames.join(', ')},
  resumes_at as "resumesAt", error_code as "errorCode", started_at as "startedAt", ended_at as "endedAt"`;
export const runColumns = `${shownColumns}, place, steps, stalls`;

/** Another worker has stored this portion already: whoever meets it has nothing to do any more. */
export class RunMoved extends Error {
  override readonly name = 'RunMoved';
}
