import { AppError } from '../../../kernel/errors/index.ts';
import type { CallOptions } from '../../../kernel/resilience/index.ts';
import type { Clock } from '../clock.ts';
import type { BillingProvider } from '../provider.ts';
import type { PurchaseTruth } from '../truth.ts';
import type { AppleClient } from './client.ts';
import type { AppleEnvironment } from './settings.ts';
import { truthOf } from './truth.ts';
import { type AppleVerifier, Unverified } from './verifier.ts';

const transactionId = /^\d{1,32}$/;

export interface AppleProvider extends BillingProvider {
  readonly name: 'apple';
  /** The same where it is known in which environment it was bought. */
  fetchIn(
    environment: AppleEnvironment,
    key: string,
    options: CallOptions,
  ): Promise<PurchaseTruth | undefined>;
}

/** The App Store Server API, asked for the present state. What it answers is signed too, and no more believed than what it sends. */
export function appleProvider(
  client: AppleClient,
  verifier: AppleVerifier,
  environments: readonly AppleEnvironment[],
  clock: Clock,
): AppleProvider {
  type Asked = [environment: AppleEnvironment, key: string, options: CallOptions];

  async function subscription(observedAt: Date, ...[environment, key, options]: Asked) {
    const answer = await client.read(
      environment,
      'subscriptions',
      (library) => library.getAllSubscriptionStatuses(key),
      options,
    );
    const item = answer?.data
      ?.flatMap(({ lastTransactions = [] }) => lastTransactions)
      .find(({ originalTransactionId }) => originalTransactionId === key);
    if (item === undefined) return undefined;
    const { status, signedTransactionInfo = '', signedRenewalInfo = '' } = item;
    const [transaction, renewal] = await Promise.all([
      verifier.transaction(signedTransactionInfo),
      verifier.renewalInfo(signedRenewalInfo),
    ]);
    // The item's own name for it is not signed.
    return transaction.originalTransactionId === key
      ? truthOf(transaction, { status, renewal }, observedAt)
      : undefined;
  }

  async function oneTime(observedAt: Date, ...[environment, key, options]: Asked) {
    const answer = await client.read(
      environment,
      'transactions',
      (library) => library.getTransactionInfo(key),
      options,
    );
    if (answer === undefined) return undefined;
    const transaction = await verifier.transaction(answer.signedTransactionInfo ?? '');
    return transaction.originalTransactionId === key
      ? truthOf(transaction, undefined, observedAt)
      : undefined;
  }

  const provider: AppleProvider = {
    name: 'apple',
    async fetchIn(environment, key, options) {
      if (!transactionId.test(key)) return undefined;
      const observedAt = await clock();
      try {
        return (
          (await subscription(observedAt, environment, key, options)) ??
          (await oneTime(observedAt, environment, key, options))
        );
      } catch (error) {
        if (!(error instanceof Unverified)) throw error;
        throw new AppError('UPSTREAM_INVALID_RESPONSE', { provider: 'apple', cause: error });
      }
    },
    async fetch(key, signal) {
      for (const environment of environments) {
        const truth = await provider.fetchIn(environment, key, { signal });
        if (truth !== undefined) return truth;
      }
      return undefined;
    },
  };
  return provider;
}
