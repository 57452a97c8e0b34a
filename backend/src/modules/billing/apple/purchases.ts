import { AppError } from '../../../kernel/errors/index.ts';
import { type Joi, listOf, optional, shape, text } from '../../../kernel/schema/index.ts';
import type { Presented } from '../store-purchase.ts';
import type { Store } from '../store-routes.ts';
import type { AppleProvider } from './provider.ts';
import { type AppleVerifier, Unverified } from './verifier.ts';

/** One is about six thousand characters long, most of them certificates. */
const signedTransaction = text(1, 60_000).description(
  'StoreKit 2: `jwsRepresentation` of the transaction',
);
const mostAtOnce = 10;

const body = shape({
  signedTransaction: optional(signedTransaction),
  receiptData: optional(text(1, 1_000_000).description('Refused with LEGACY_RECEIPT')),
}).xor('signedTransaction', 'receiptData');
const restoreBody = shape({
  signedTransactions: listOf(signedTransaction)
    .min(1)
    .max(mostAtOnce)
    .description('StoreKit 2: of `Transaction.currentEntitlements`, ten at a time'),
});

type Body = typeof body extends Joi.ObjectSchema<infer B> ? B : never;
type RestoreBody = typeof restoreBody extends Joi.ObjectSchema<infer B> ? B : never;

/** What apps present of the App Store. */
export function applePurchases(
  verifier: AppleVerifier,
  provider: AppleProvider,
): Store<Body, RestoreBody, string | undefined> {
  return {
    name: 'apple',
    title: 'the App Store',
    body,
    itemOf: ({ signedTransaction: signed }) => signed,
    restoreBody,
    itemsOf: ({ signedTransactions }) => signedTransactions,
    errors: ['LEGACY_RECEIPT'],
    async find(signed, signal): Promise<Presented> {
      // A container of PKCS #7 in base64 begins so; what is signed begins with a JSON object.
      if (signed === undefined || signed.startsWith('MII')) throw new AppError('LEGACY_RECEIPT');
      const transaction = await verifier.transaction(signed).catch(asInvalid);
      const { originalTransactionId = '', transactionId, environment } = transaction;
      const truth = await provider.fetchIn(
        environment === 'Production' ? 'Production' : 'Sandbox',
        originalTransactionId,
        { interactive: true, signal },
      );
      if (truth === undefined) throw new AppError('PURCHASE_INVALID');
      return { truth, ...(transactionId === undefined ? {} : { reference: transactionId }) };
    },
  };
}

function asInvalid(error: unknown): never {
  throw error instanceof Unverified ? new AppError('PURCHASE_INVALID', { cause: error }) : error;
}
