import { defineJob, handleJob, type JobHandler, type Jobs } from '../../../kernel/jobs/index.ts';
import { Joi, shape } from '../../../kernel/schema/index.ts';
import type { GoogleClient } from './client.ts';
import type { GoogleProvider } from './provider.ts';
import type { TokenRepository } from './tokens-repository.ts';

/** Tells Google that a purchase has arrived; without it Google gives the money back after three days. */
export const acknowledgePurchase = defineJob({
  name: 'billing.acknowledge-google',
  // The hash of its token: a payload is read by many.
  payload: shape({ purchase: Joi.string().hex().length(64) }),
  // Over about six hours; then the watch begins anew.
  attempts: 12,
  retryDelaySeconds: 5,
  timeoutSeconds: 120,
});

/** Brings back what is still unacknowledged, whatever became of its job. */
export const watchAcknowledgements = defineJob({
  name: 'billing.watch-google',
  payload: shape({}),
  schedule: { cron: '*/10 * * * *', payload: {} },
  timeoutSeconds: 60,
});

const quietSeconds = 600;
const atOnce = 1_000;

export function googleJobs({
  client,
  provider,
  tokens,
  jobs,
}: {
  client: GoogleClient;
  provider: GoogleProvider;
  tokens: TokenRepository;
  jobs: Jobs;
}): JobHandler[] {
  return [
    handleJob(acknowledgePurchase, async ({ payload: { purchase }, signal, commit }) => {
      const known = await tokens.find(purchase);
      if (known === undefined || known.unacknowledgedSince === null) return;
      // An earlier attempt may have done it, the app too; and what was given back cannot be acknowledged.
      const productId = await provider.unacknowledged(known, { signal });
      if (productId !== undefined) {
        const { kind, token } = known;
        await client.acknowledge({ kind, token, productId }, { signal });
      }
      await commit((tx) => tokens.settled(tx, purchase));
    }),
    handleJob(watchAcknowledgements, async () => {
      const late = await tokens.unacknowledged(quietSeconds, atOnce);
      await jobs.enqueueAll(
        acknowledgePurchase,
        late.map((purchase) => ({ payload: { purchase }, key: purchase })),
      );
    }),
  ];
}
