import { Joi, listOf, optional, shape, type Infer } from '../../../kernel/schema/index.ts';

// What of the Android Publisher API's answers (v3) counts here. What is not named is dropped.

const moment = () => Joi.date().iso();
const name = () => Joi.string().max(255);
const acknowledgement = () => optional(name());

export const accessToken = shape({
  access_token: Joi.string().min(1),
  expires_in: Joi.number().integer().min(1),
});

/** `purchases.subscriptionsv2.get` */
export const subscriptionAnswer = shape({
  subscriptionState: name(),
  startTime: optional(moment()),
  latestOrderId: optional(name()),
  linkedPurchaseToken: optional(Joi.string().max(4_000)),
  acknowledgementState: acknowledgement(),
  lineItems: listOf(
    shape({
      productId: name(),
      expiryTime: optional(moment()),
      autoRenewingPlan: optional(shape({ autoRenewEnabled: optional(Joi.boolean()) })),
    }),
  ).min(1),
  pausedStateContext: optional(shape({ autoResumeTime: optional(moment()) })),
  testPurchase: optional(Joi.object<object>()),
  externalAccountIdentifiers: optional(shape({ obfuscatedExternalAccountId: optional(name()) })),
});
export type SubscriptionAnswer = Infer<typeof subscriptionAnswer>;

/** `purchases.productsv2.getproductpurchasev2` */
export const productAnswer = shape({
  productLineItem: listOf(shape({ productId: name() })).min(1),
  purchaseStateContext: shape({ purchaseState: name() }),
  purchaseCompletionTime: optional(moment()),
  orderId: optional(name()),
  acknowledgementState: acknowledgement(),
  testPurchaseContext: optional(Joi.object<object>()),
  obfuscatedExternalAccountId: optional(name()),
});
export type ProductAnswer = Infer<typeof productAnswer>;

/** `orders.get` */
const event = () => optional(shape({ eventTime: optional(moment()) }));
export const orderAnswer = shape({
  state: name(),
  lastEventTime: optional(moment()),
  orderHistory: optional(shape({ refundEvent: event(), cancellationEvent: event() })),
});
export type OrderAnswer = Infer<typeof orderAnswer>;
