import { AppError } from '../../../kernel/errors/index.ts';
import { type Joi, listOf, oneOf, optional, shape, text } from '../../../kernel/schema/index.ts';
import type { Store } from '../store-routes.ts';
import { ifKnown } from './client.ts';
import type { Settling } from './settling.ts';
import { keyOf, type Kind, type KnownToken, type TokenRepository } from './tokens-repository.ts';

const mostAtOnce = 10;
const item = {
  purchaseToken: text(1, 4_000).description('Play Billing: `purchase.purchaseToken`'),
  kind: oneOf('subscription', 'one-time'),
  productId: optional(text(1, 255)).description(
    'Refused where the token is of another product. Play Billing: `purchase.products`',
  ),
};
const body = shape(item);
const restoreBody = shape({
  purchases: listOf(shape(item)).min(1).max(mostAtOnce).description('Ten at a time'),
});
type Body = typeof body extends Joi.ObjectSchema<infer B> ? B : never;
type RestoreBody = typeof restoreBody extends Joi.ObjectSchema<infer B> ? B : never;

/** What apps present of Google Play. */
export function googlePurchases(
  tokens: TokenRepository,
  settling: Settling,
): Store<Body, RestoreBody, Body> {
  return {
    name: 'google',
    title: 'Google Play',
    body,
    itemOf: (presented) => presented,
    restoreBody,
    itemsOf: ({ purchases }) => purchases,
    async find({ purchaseToken, kind, productId }, signal) {
      const known = (await tokens.find(keyOf(purchaseToken))) ?? newToken(purchaseToken, kind);
      const settled = await ifKnown(
        settling.ask({ ...known, kind }, { signal, interactive: true }),
      );
      if (settled === undefined) throw new AppError('PURCHASE_INVALID');
      // Not before Google knows it, too.
      await tokens.remember(purchaseToken, kind, known.createdAt);
      const { truth, alongside } = settled;
      if (productId !== undefined && productId !== truth.productId)
        throw new AppError('PURCHASE_INVALID');
      return { truth, alongside: (tx) => alongside(tx, 'app') };
    },
  };
}

const newToken = (token: string, kind: Kind): KnownToken => ({
  key: keyOf(token),
  token,
  kind,
  createdAt: new Date(),
  unacknowledgedSince: null,
  replacedAt: null,
});
