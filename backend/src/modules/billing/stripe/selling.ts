import type Stripe from 'stripe';
import { AppError, validationFailed } from '../../../kernel/errors/index.ts';
import type { Standing } from '../entitled.ts';
import type { Product, Products } from '../products.ts';
import type { BillingService } from '../service.ts';
import { grants } from '../state.ts';
import { refusalOf, type StripeClient, type StripeOn } from './client.ts';
import type { CustomerRepository } from './customers-repository.ts';
import { idOf } from './payments.ts';

export interface Buyer {
  userId: string;
  email: string | undefined;
}

/** A product as Stripe sells it. */
export interface Plan {
  id: string;
  title: string;
  entitlements: readonly string[];
  /** Stripe's prices of it, to be named in `checkout`. */
  prices: readonly string[];
}

/** Stripe's own pages, which take the card: no number of one ever reaches us. */
export interface Selling {
  plans(): Plan[];
  /**
   * A page on which the buyer pays, once or again and again as the price is. `key`: the same call again opens the same page.
   * Rejects with STATE_CONFLICT where they have a subscription of the product.
   */
  checkout(buyer: Buyer, price: string, key: string): Promise<string>;
  /** A page on which they change or end what they have. Rejects with STATE_CONFLICT where they have nothing. */
  portal(buyer: Buyer): Promise<string>;
}

export function createSelling(options: {
  settings: StripeOn;
  client: StripeClient;
  customers: CustomerRepository;
  products: Products;
  billing: Pick<BillingService, 'viewOf'>;
}): Selling {
  const { settings, client, customers, products, billing } = options;
  const plans = products.all
    .filter(({ sold }) => sold.stripe.length > 0)
    .map(({ id, title, entitlements, sold }) => ({ id, title, entitlements, prices: sold.stripe }));

  function back(outcome: string): string {
    const url = new URL(settings.returnUrl);
    url.searchParams.set('checkout', outcome);
    return url.href;
  }

  /** Two requests at once make one customer: by the key at Stripe, and by the row here. `gone`: the one that it takes the place of. */
  async function madeCustomer({ userId, email }: Buyer, gone?: string): Promise<string> {
    const params = { ...(email === undefined ? {} : { email }), metadata: { user_id: userId } };
    const name = gone === undefined ? `customer ${userId}` : `customer ${userId} after ${gone}`;
    const made = await client.write('customers.create', name, params, (stripe, request) =>
      stripe.customers.create(params, request),
    );
    return customers.tie(userId, made.id, gone);
  }

  /** A customer may have been deleted at Stripe: then its user becomes a new one. */
  async function asCustomer<T>(buyer: Buyer, ask: (customer: string) => Promise<T>): Promise<T> {
    const customer = (await customers.find(buyer.userId)) ?? (await madeCustomer(buyer));
    try {
      return await ask(customer);
    } catch (error) {
      if (!isGone(error)) throw error;
      return ask(await madeCustomer(buyer, customer));
    }
  }

  /** A subscription that was made at Stripe for a user has a customer, too, who is not tied to them here. */
  async function boughtAs(userId: string): Promise<string | undefined> {
    const { standings } = await billing.viewOf(userId);
    const subscribed = standings.findLast(isSubscription);
    if (subscribed === undefined) return undefined;
    const { customer } = await client.read('subscriptions.retrieve', (stripe) =>
      stripe.subscriptions.retrieve(subscribed.purchase.key),
    );
    return idOf(customer) ?? undefined;
  }

  /** Which of the two a price is never changes. */
  const recurring = new Map<string, boolean>();
  async function renews(price: string): Promise<boolean> {
    const known = recurring.get(price);
    if (known !== undefined) return known;
    const { type } = await client.read('prices.retrieve', (stripe) =>
      stripe.prices.retrieve(price),
    );
    recurring.set(price, type === 'recurring');
    return type === 'recurring';
  }

  /** A second one would be paid beside the first. What ends with its period may be taken up again in the portal. */
  async function refuseSecond(userId: string, { id }: Product): Promise<void> {
    const { standings } = await billing.viewOf(userId);
    const isSubscribed = standings.some(
      (standing) =>
        isSubscription(standing) &&
        standing.product?.id === id &&
        (grants(standing.state) || standing.state === 'paused'),
    );
    if (isSubscribed)
      throw new AppError('STATE_CONFLICT', {
        message: 'There is a subscription of this already: change it in the portal.',
      });
  }

  return {
    plans: () => plans,
    async checkout(buyer, price, key) {
      const product = products.sold('stripe', price);
      if (product === undefined)
        throw validationFailed([{ field: 'body.price', reason: 'is not sold' }]);
      const isRecurring = await renews(price);
      if (isRecurring) await refuseSecond(buyer.userId, product);
      const metadata = { user_id: buyer.userId };
      const { url } = await asCustomer(buyer, (customer) => {
        const params = {
          mode: isRecurring ? 'subscription' : 'payment',
          customer,
          client_reference_id: buyer.userId,
          line_items: [{ price, quantity: 1 }],
          // The subscription says whose it is, whatever becomes of the session.
          ...(isRecurring && { subscription_data: { metadata } }),
          metadata,
          success_url: back('done'),
          cancel_url: back('cancelled'),
        } satisfies Stripe.Checkout.SessionCreateParams;
        const name = `checkout ${buyer.userId} ${key}`;
        return client.write('checkout.sessions.create', name, params, (stripe, request) =>
          stripe.checkout.sessions.create(params, request),
        );
      });
      if (url === null) throw new AppError('STATE_CONFLICT');
      return url;
    },
    async portal({ userId }) {
      const customer = (await customers.find(userId)) ?? (await boughtAs(userId));
      if (customer === undefined) throw nothingToManage();
      const params = { customer, return_url: settings.returnUrl };
      try {
        const { url } = await client.read('billingPortal.sessions.create', (stripe) =>
          stripe.billingPortal.sessions.create(params),
        );
        return url;
      } catch (error) {
        throw isGone(error) ? nothingToManage() : error;
      }
    },
  };
}

const isSubscription = ({ purchase: { provider, kind } }: Standing): boolean =>
  provider === 'stripe' && kind === 'subscription';

const nothingToManage = () =>
  new AppError('STATE_CONFLICT', { message: 'There is nothing to manage yet.' });

const isGone = (error: unknown): boolean => {
  const refusal = refusalOf(error);
  return refusal?.code === 'resource_missing' && refusal.param === 'customer';
};
