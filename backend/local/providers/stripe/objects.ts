/** Stripe's objects, with the members that a billing backend reads. Times are seconds since 1970. */
export type Metadata = Record<string, string>;

export interface Price {
  id: string;
  object: 'price';
  product: string;
  unit_amount: number;
  currency: 'usd';
  type: 'recurring' | 'one_time';
  recurring: { interval: 'month' | 'year'; interval_count: 1 } | null;
}

export interface Customer {
  id: string;
  object: 'customer';
  created: number;
  email: string | null;
  metadata: Metadata;
  livemode: false;
  deleted?: true;
}

export interface Subscription {
  id: string;
  object: 'subscription';
  created: number;
  start_date: number;
  customer: string;
  status: 'active' | 'past_due' | 'unpaid' | 'canceled' | 'incomplete' | 'incomplete_expired';
  items: { object: 'list'; has_more: false; data: [SubscriptionItem, ...SubscriptionItem[]] };
  cancel_at_period_end: boolean;
  cancel_at: number | null;
  canceled_at: number | null;
  ended_at: number | null;
  pause_collection: { behavior: string; resumes_at: number | null } | null;
  latest_invoice: string | null;
  trial_end: null;
  metadata: Metadata;
  livemode: false;
}

export interface SubscriptionItem {
  id: string;
  object: 'subscription_item';
  price: Price;
  quantity: 1;
  current_period_start: number;
  current_period_end: number;
}

export interface Invoice {
  id: string;
  object: 'invoice';
  created: number;
  customer: string;
  status: 'draft' | 'open' | 'paid' | 'uncollectible';
  billing_reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  amount_due: number;
  amount_paid: number;
  /** Of one that is sent, and not charged at once. */
  due_date: number | null;
  next_payment_attempt: number | null;
  parent: {
    type: 'subscription_details';
    subscription_details: { subscription: string; metadata: Metadata };
  };
  livemode: false;
}

export interface InvoicePayment {
  id: string;
  object: 'invoice_payment';
  created: number;
  invoice: string;
  status: 'open' | 'paid';
  payment: { type: 'payment_intent'; payment_intent: string };
  livemode: false;
}

export interface PaymentIntent {
  id: string;
  object: 'payment_intent';
  created: number;
  customer: string;
  amount: number;
  currency: 'usd';
  status: 'succeeded' | 'processing' | 'requires_payment_method';
  latest_charge: string;
  livemode: false;
}

export interface Charge {
  id: string;
  object: 'charge';
  created: number;
  customer: string;
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  currency: 'usd';
  status: 'succeeded' | 'pending' | 'failed';
  refunded: boolean;
  disputed: boolean;
  paid: boolean;
  payment_intent: string;
  livemode: false;
}

export interface Refund {
  id: string;
  object: 'refund';
  created: number;
  amount: number;
  currency: 'usd';
  charge: string;
  payment_intent: string;
  status: 'succeeded' | 'failed';
}

export interface Dispute {
  id: string;
  object: 'dispute';
  created: number;
  amount: number;
  charge: string;
  payment_intent: string;
  reason: 'fraudulent';
  status: 'needs_response' | 'won' | 'lost';
  livemode: false;
}

export interface CheckoutSession {
  id: string;
  object: 'checkout.session';
  created: number;
  mode: 'subscription' | 'payment';
  status: 'open' | 'complete';
  payment_status: 'unpaid' | 'paid';
  customer: string;
  client_reference_id: string | null;
  subscription: string | null;
  payment_intent: string | null;
  success_url: string;
  cancel_url: string | null;
  url: string | null;
  metadata: Metadata;
  livemode: false;
}

export interface Event {
  id: string;
  object: 'event';
  api_version: string;
  created: number;
  type: string;
  data: { object: StripeObject; previous_attributes?: Record<string, unknown> };
  livemode: false;
  pending_webhooks: 1;
  request: { id: null; idempotency_key: null };
}

export type StripeObject =
  | Customer
  | Subscription
  | Invoice
  | InvoicePayment
  | PaymentIntent
  | Charge
  | Refund
  | Dispute
  | CheckoutSession
  | Price
  | Event;
