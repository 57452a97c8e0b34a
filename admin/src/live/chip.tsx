import { Status } from '../parts/status.tsx';
import { otherIntervalMs, useLiveState } from './live.tsx';
import { useReachable } from './reachable.ts';

/** Where the news come from: told, asked for, or from nowhere. */
export function LiveChip() {
  const state = useLiveState();
  const reachable = useReachable();
  return (
    <span className="chip" role="status">
      {!reachable ? (
        <Status tone="bad" icon="offline">
          Offline
        </Status>
      ) : state === 'live' ? (
        <Status tone="good" icon="live">
          Live
        </Status>
      ) : (
        <Status tone="idle" icon="polling">
          Polling, {otherIntervalMs / 1_000} s
        </Status>
      )}
    </span>
  );
}
