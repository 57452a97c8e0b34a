import { useApi } from '../../api/context.ts';
import type { SandboxStore, StoreCommand } from '../../api/store-types.ts';
import { useAct } from '../../api/use-act.ts';

/** Does something to a store, and says so. */
export function useCommand(store: SandboxStore) {
  const api = useApi();
  const act = useAct();
  return (command: StoreCommand, done: string) =>
    act({
      what: `Sandbox ${store.name}`,
      work: () => api.command(store.name, command),
      done: () => done,
      changes: ['billing', 'webhooks'],
    });
}
