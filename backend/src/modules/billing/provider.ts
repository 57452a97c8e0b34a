import type { Transaction } from '../../kernel/db/index.ts';
import type { ProviderName, PurchaseTruth } from './truth.ts';

/** A truth, and what else goes into the transaction that records it. */
export interface Recordable {
  truth: PurchaseTruth;
  alongside: (tx: Transaction) => Promise<void>;
}

/** Somebody who sells, asked for what is true now. */
export interface BillingProvider {
  readonly name: ProviderName;
  /**
   * What the provider says of the purchase of this key, or undefined where it does not know it. Rejects with
   * UPSTREAM_UNAVAILABLE and its kin otherwise: an error says nothing about a purchase.
   */
  fetch(key: string, signal: AbortSignal): Promise<PurchaseTruth | undefined>;
  /**
   * The same of what is to be recorded, as `fetch` says something else than what is stored. Left out where a truth is all that is
   * ever recorded.
   */
  fetchToRecord?(key: string, signal: AbortSignal): Promise<Recordable | undefined>;
  /**
   * The keys of everything that a customer of the provider's has bought, whatever has become of it: how a purchase is found of
   * which no event came in. Rejects as `fetch` does. Left out where the provider does not keep purchases by customer.
   */
  discover?(customerId: string, signal: AbortSignal): Promise<string[]>;
  /**
   * For so many days after its end a subscription is known there; it is not asked about after that, as the answer would be
   * that there is no such purchase. Left out where the provider forgets nothing.
   */
  readonly remembersDays?: number;
}
