import { adminAction, type AdminAction } from '../../kernel/module/index.ts';
import { shape } from '../../kernel/schema/index.ts';
import { gameId, setId } from './schema.ts';
import type { RequestedSync, SyncService } from './sync-service.ts';
import type { SyncKind } from './sync-schema.ts';

const input = shape({ game: gameId(), set: setId() });

/** What operators can have synchronised from the console. */
export function catalogActions(syncs: SyncService): AdminAction[] {
  const fields = [
    { name: 'game', label: 'Game', kind: 'select', choices: () => syncs.gameChoices() },
    {
      name: 'set',
      label: 'Set',
      kind: 'select',
      dependsOn: 'game',
      choices: (game?: string) => syncs.setChoices(game),
    },
  ] as const;
  const action = (name: string, kind: SyncKind, title: string, description: string): AdminAction =>
    adminAction({
      name,
      title,
      description,
      fields,
      input,
      async run({ game, set }, { callerId, requestId }) {
        const requested = await syncs.request({ game, set, kind }, { userId: callerId, requestId });
        return { message: messageOf(requested, set), jobId: requested.jobId };
      },
    });
  return [
    action(
      'catalog.sync-set',
      'set',
      'Synchronise a set',
      'Brings every card of the set with its variants and prices from JustTCG.',
    ),
    action(
      'catalog.refresh-variants',
      'variants',
      'Refresh prices',
      'Asks JustTCG for the prices of the cards of the set that are here.',
    ),
  ];
}

const messageOf = ({ sync, jobId }: RequestedSync, set: string): string =>
  jobId === null
    ? `${set} is being synchronised already (${sync.status}).`
    : `The synchronisation of ${set} is queued.`;
