import { useSyncExternalStore } from 'react';

/** Whether the server answered when it was last asked. */
let reachable = true;
const listeners = new Set<() => void>();

export function noteReachable(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

export const useReachable = (): boolean => useSyncExternalStore(subscribe, () => reachable);
