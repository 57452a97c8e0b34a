import type { PurchaseState, Reconciliation } from '../../api/billing-types.ts';
import type { Person } from '../../api/types.ts';
import { Link } from 'react-router';
import { Change } from '../../parts/change.tsx';
import { Status, type Tone } from '../../parts/status.tsx';

const states: Record<PurchaseState, readonly [Tone, string]> = {
  active: ['good', 'Active'],
  cancelled: ['good', 'Cancelled'],
  grace: ['warn', 'In grace'],
  'on-hold': ['warn', 'On hold'],
  paused: ['warn', 'Paused'],
  refunded: ['bad', 'Refunded'],
  revoked: ['bad', 'Revoked'],
  expired: ['idle', 'Expired'],
};

export const stateTitle = (state: PurchaseState): string => states[state][1];

/** `before` is null where nothing was known. */
export function StateChange(props: { before: PurchaseState | null; after: PurchaseState | null }) {
  const titleOf = (state: PurchaseState | null) => (state === null ? 'None' : stateTitle(state));
  const [from, to] = [titleOf(props.before), titleOf(props.after)];
  return from === to ? <>{to}</> : <Change from={from} to={to} />;
}

export function PurchaseSign({ state }: { state: PurchaseState }) {
  const [tone, word] = states[state];
  return <Status tone={tone}>{word}</Status>;
}

const statuses: Record<Reconciliation['status'], readonly [Tone, string]> = {
  running: ['good', 'Running'],
  completed: ['good', 'Completed'],
  incomplete: ['warn', 'Incomplete'],
  failed: ['bad', 'Failed'],
};

export function RunSign({ status }: { status: Reconciliation['status'] }) {
  const [tone, word] = statuses[status];
  return (
    <Status tone={tone} icon={status === 'running' ? 'play' : tone}>
      {word}
    </Status>
  );
}

export function CustomerLink({ person }: { person: Person | null }) {
  if (person === null) return <span className="quiet">Nobody</span>;
  return (
    <Link className="wrap" to={`/billing/customers/${person.id}`}>
      {person.email ?? person.id}
    </Link>
  );
}
