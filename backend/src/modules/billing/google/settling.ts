import type { Transaction } from '../../../kernel/db/index.ts';
import type { Jobs } from '../../../kernel/jobs/index.ts';
import type { CallOptions } from '../../../kernel/resilience/index.ts';
import type { Recordable } from '../provider.ts';
import type { Why } from '../record.ts';
import type { BillingService } from '../service.ts';
import type { PurchaseTruth } from '../truth.ts';
import { ifKnown } from './client.ts';
import { acknowledgePurchase } from './jobs.ts';
import type { GoogleProvider } from './provider.ts';
import { keyOf, type KnownToken, type TokenRepository } from './tokens-repository.ts';

/** What Google says of a purchase, and what goes with it into the transaction that records it. */
export interface Settled {
  truth: PurchaseTruth;
  alongside: (tx: Transaction, source: Why['source']) => Promise<void>;
}

export interface Settling {
  /** Undefined where Google has forgotten it. Rejects where it does not know it. */
  ask(known: KnownToken, options: CallOptions): Promise<Settled | undefined>;
  /** Of the provider, where reconciliation finds what nobody told of. */
  fetchToRecord(key: string, signal: AbortSignal): Promise<Recordable | undefined>;
}

export function createSettling({
  provider,
  tokens,
  service,
  jobs,
}: {
  provider: GoogleProvider;
  tokens: TokenRepository;
  service: BillingService;
  jobs: Jobs;
}): Settling {
  /** The purchase before this one, which ends with it, and whose it was. */
  async function before(token: string, options: CallOptions) {
    const known = await tokens.replaced(token);
    const found = known && (await ifKnown(provider.look(known, options)));
    return { truth: found?.truth, ownerId: await tokens.ownerOf(keyOf(token)) };
  }

  const settling: Settling = {
    async ask(known, options) {
      const found = await provider.look(known, options);
      if (found === undefined) return undefined;
      const { truth, wantsAcknowledgement, replaces } = found;
      const replaced = replaces === null ? undefined : await before(replaces, options);
      // The day of an upgrade is not told.
      const since = replaced ? truth.observedAt : truth.startedAt;
      return {
        // What was bought in the Play Store itself names nobody, and goes on from what was somebody's.
        truth: { ...truth, userId: truth.userId ?? replaced?.ownerId ?? null },
        async alongside(tx, source) {
          if (wantsAcknowledgement) {
            const purchase = known.key;
            await tokens.awaits(tx, purchase, since);
            await jobs.enqueue(acknowledgePurchase, { purchase }, { tx, key: purchase });
          } else await tokens.settled(tx, known.key);
          if (replaced?.truth) {
            const { ownerId } = replaced;
            const old = { ...replaced.truth, userId: ownerId ?? replaced.truth.userId };
            await service.record(tx, old, { source, reference: `replaced by ${known.key}` });
          }
        },
      };
    },
    async fetchToRecord(key, signal) {
      const known = await tokens.find(key);
      const settled = known && (await ifKnown(settling.ask(known, { signal })));
      return (
        settled && {
          truth: settled.truth,
          alongside: (tx) => settled.alongside(tx, 'reconciliation'),
        }
      );
    },
  };
  return settling;
}
