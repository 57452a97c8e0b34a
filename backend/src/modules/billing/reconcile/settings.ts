import { integer, setting } from '../../../kernel/config/index.ts';
import { Joi } from '../../../kernel/schema/index.ts';

export interface ReconcileSettings {
  /** Five fields; undefined where only operators have it done. */
  readonly cron: string | undefined;
  /** Purchases of one provider, asked about by one process. */
  readonly perSecond: number;
}

export const reconcileKeys = {
  BILLING_RECONCILE_CRON: setting(
    Joi.string()
      .pattern(/^(off|\S+( \S+){4})$/)
      .description('`off`, or minute, hour, day, month and weekday as in cron'),
    {
      doc: 'When what is stored is compared with the providers, by UTC. `off`: only when an operator asks.',
      default: '17 3 * * *',
    },
  ),
  BILLING_RECONCILE_PER_SECOND: setting(integer(1, 500, ' of purchases'), {
    doc: 'How many purchases of one provider are compared a second at most. With Stripe each takes two to four calls of its API.',
    default: '10',
  }),
};

export const reconcileSettings = (values: {
  BILLING_RECONCILE_CRON: string;
  BILLING_RECONCILE_PER_SECOND: number;
}): ReconcileSettings => ({
  cron: values.BILLING_RECONCILE_CRON === 'off' ? undefined : values.BILLING_RECONCILE_CRON,
  perSecond: values.BILLING_RECONCILE_PER_SECOND,
});
