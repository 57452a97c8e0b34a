import type { Database } from '../../../kernel/db/index.ts';

/** Who a user is to Stripe, tied once. */
export interface CustomerRepository {
  find(userId: string): Promise<string | undefined>;
  /** Null where the customer is nobody's. */
  userOf(customerId: string): Promise<string | null>;
  /** Resolves with the customer that the user has: this one, or the one that was there before and is not the one that is gone. */
  tie(userId: string, customerId: string, gone?: string): Promise<string>;
}

const withinMs = 2_000;

export function createCustomerRepository(db: Database): CustomerRepository {
  return {
    async find(userId) {
      const { rows } = await db.statement<{ id: string }>(
        `select customer_id as id from billing.customers where user_id = $1 and provider = 'stripe'`,
        [userId],
        withinMs,
      );
      return rows[0]?.id;
    },
    async userOf(customerId) {
      const { rows } = await db.statement<{ id: string }>(
        `select user_id as id from billing.customers where customer_id = $1 and provider = 'stripe'`,
        [customerId],
        withinMs,
      );
      return rows[0]?.id ?? null;
    },
    async tie(userId, customerId, gone) {
      const { rows } = await db.statement<{ id: string }>(
        `insert into billing.customers (user_id, provider, customer_id) values ($1, 'stripe', $2)
         on conflict (user_id, provider) do update
         set customer_id = case when customers.customer_id = $3 then $2 else customers.customer_id end
         returning customer_id as id`,
        [userId, customerId, gone],
        withinMs,
      );
      return rows[0]?.id ?? customerId;
    },
  };
}
