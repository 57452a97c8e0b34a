import { adminAction, type AdminAction } from '../../../kernel/module/index.ts';
import { oneOf, optional, shape, uuid } from '../../../kernel/schema/index.ts';
import { providerNames } from '../truth.ts';
import type { ReconcileService } from './service.ts';

/** What operators can have reconciled from the console. */
export const reconcileActions = (service: ReconcileService): AdminAction[] => [
  adminAction({
    name: 'billing.reconcile',
    title: 'Reconcile purchases',
    description: 'Compares what is stored with a provider, or with all, and corrects it.',
    fields: [
      {
        name: 'provider',
        label: 'Provider',
        kind: 'select',
        help: 'Left out: all that are configured.',
        choices: () =>
          Promise.resolve(service.providers.map((name) => ({ value: name, label: name }))),
      },
    ],
    input: shape({ provider: optional(oneOf(...providerNames)) }),
    async run({ provider }, { callerId }) {
      const by = { startedBy: 'operator', requestedBy: callerId } as const;
      const runs = await service.start(provider, by);
      return {
        message: runs
          .map(({ run, isNew }) =>
            isNew
              ? `${String(run.provider)} is being compared.`
              : `${String(run.provider)} is being compared already.`,
          )
          .join(' '),
      };
    },
  }),
  adminAction({
    name: 'billing.reconcile-user',
    title: 'Reconcile one user',
    description: 'Compares everything that one user has bought with the providers, at once.',
    fields: [{ name: 'userId', label: 'User', kind: 'text', help: 'The id of the user.' }],
    input: shape({ userId: uuid() }),
    async run({ userId }, { callerId }) {
      const { run } = await service.user(userId, callerId, AbortSignal.timeout(60_000));
      const { checked, corrected, found, unknown, failed } = run;
      return {
        message: `${checked} purchases compared: ${corrected} corrected, ${found} found, ${unknown} unknown to the provider; ${failed} could not be compared.`,
      };
    },
  }),
];
