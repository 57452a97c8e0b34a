import { StripeRefusal } from './answers.ts';
import type { Charge, Dispute, PaymentIntent } from './objects.ts';
import type { Emit, Store } from './store.ts';

/** What becomes of money, whatever it was for, each with the events that Stripe sends for it. */
export interface Payments {
  /** A charge under a new intent. `pending`: the bank takes its time. */
  take(options: {
    customer: string;
    amount: number;
    outcome: 'paid' | 'failed' | 'pending';
  }): PaymentIntent;
  /** What was pending, or had failed, is paid, or has failed. */
  settle(intent: PaymentIntent, paid: boolean): void;
  /** Rejects what was not paid. */
  chargeOf(intent: string | null | undefined): Charge;
  /** All that is left, or so much of it. */
  refund(charge: Charge, amount?: number): void;
  /** The bank does not take back the last of it. */
  failRefund(charge: Charge): void;
  dispute(charge: Charge, status: Dispute['status']): void;
}

const charged = { paid: 'succeeded', failed: 'failed', pending: 'pending' } as const;
const intended = {
  paid: 'succeeded',
  failed: 'requires_payment_method',
  pending: 'processing',
} as const;

export function createPayments(store: Store, emit: Emit): Payments {
  function tell(intent: PaymentIntent, charge: Charge): void {
    emit(`charge.${charge.status}`, charge);
    const name = intent.status === 'requires_payment_method' ? 'payment_failed' : intent.status;
    emit(`payment_intent.${name}`, intent);
  }

  const payments: Payments = {
    take({ customer, amount, outcome }) {
      const ids = { intent: store.newId('pi'), charge: store.newId('ch') };
      const common = { created: store.now(), customer, amount, currency: 'usd' } as const;
      const paid = outcome === 'paid';
      const charge: Charge = store.add({
        ...common,
        id: ids.charge,
        object: 'charge',
        amount_captured: paid ? amount : 0,
        amount_refunded: 0,
        status: charged[outcome],
        refunded: false,
        disputed: false,
        paid,
        payment_intent: ids.intent,
        livemode: false,
      });
      const intent: PaymentIntent = store.add({
        ...common,
        id: ids.intent,
        object: 'payment_intent',
        status: intended[outcome],
        latest_charge: ids.charge,
        livemode: false,
      });
      tell(intent, charge);
      return intent;
    },
    settle(intent, paid) {
      const charge = store.get('charge', intent.latest_charge);
      if (!charge) throw new Error(`Nothing was charged under ${intent.id}`);
      const outcome = paid ? 'paid' : 'failed';
      intent.status = intended[outcome];
      Object.assign(charge, {
        status: charged[outcome],
        paid,
        amount_captured: paid ? charge.amount : 0,
      });
      tell(intent, charge);
    },
    chargeOf(id) {
      const intent = store.get('payment_intent', id ?? '');
      const charge = intent && store.get('charge', intent.latest_charge);
      if (charge?.paid !== true) throw new Error('Nothing was paid for it');
      return charge;
    },
    refund(charge, amount) {
      const left = charge.amount_captured - charge.amount_refunded;
      if (left === 0)
        throw new StripeRefusal(400, `Charge ${charge.id} has already been refunded.`, {
          code: 'charge_already_refunded',
        });
      const back = amount ?? left;
      if (back > left)
        throw new StripeRefusal(
          400,
          `Refund amount (${back}) is greater than unrefunded amount on charge (${left})`,
        );
      charge.amount_refunded += back;
      charge.refunded = back === left;
      store.add({
        id: store.newId('re'),
        object: 'refund',
        created: store.now(),
        amount: back,
        currency: 'usd',
        charge: charge.id,
        payment_intent: charge.payment_intent,
        status: 'succeeded',
      });
      emit('charge.refunded', charge);
    },
    failRefund(charge) {
      const last = store
        .list('refund')
        .find(({ charge: of, status }) => of === charge.id && status === 'succeeded');
      if (!last) throw new Error('Nothing of it was refunded');
      last.status = 'failed';
      charge.amount_refunded -= last.amount;
      charge.refunded = false;
      emit('refund.failed', last);
    },
    dispute(charge, status) {
      const known = store.list('dispute').find(({ charge: disputed }) => disputed === charge.id);
      charge.disputed = true;
      const dispute: Dispute =
        known ??
        store.add({
          id: store.newId('dp'),
          object: 'dispute',
          created: store.now(),
          amount: charge.amount,
          charge: charge.id,
          payment_intent: charge.payment_intent,
          reason: 'fraudulent',
          status,
          livemode: false,
        });
      dispute.status = status;
      if (!known) emit('charge.dispute.created', dispute);
      if (status !== 'needs_response') emit('charge.dispute.closed', dispute);
    },
  };
  return payments;
}
