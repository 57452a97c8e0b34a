-- What operators look for among very many: the newest purchases, one by its key, a customer by the provider's id, and all of one
-- user.
create index on billing.purchases (created_at desc, id desc);
create index on billing.purchases (key);
create index on billing.customers (customer_id);
create index on billing.fraud_signals (claimant_id);
create index on billing.fraud_signals (owner_id);
create index on billing.reconciliations (user_id) where user_id is not null;
