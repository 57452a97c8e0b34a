import {
  signatureRefused,
  type VerifiedEvent,
  type Webhook,
  type WebhookInput,
} from '../../../kernel/webhooks/index.ts';
import type { AppleEnvironment } from './settings.ts';
import { type AppleVerifier, Unverified } from './verifier.ts';

/** What is kept of a notification: by what its purchase is found. */
export interface AppleReference {
  /** Null where it is about no purchase. */
  purchase: string | null;
  transaction: string | null;
  environment: AppleEnvironment;
  subtype: string | null;
}

/** Types that may have changed what a user may use. Each is a reason to ask Apple what is true now. */
const followed = [
  'SUBSCRIBED',
  'DID_CHANGE_RENEWAL_PREF',
  'DID_CHANGE_RENEWAL_STATUS',
  'OFFER_REDEEMED',
  'DID_RENEW',
  'EXPIRED',
  'DID_FAIL_TO_RENEW',
  'GRACE_PERIOD_EXPIRED',
  'REFUND',
  'REFUND_REVERSED',
  'RENEWAL_EXTENDED',
  'REVOKE',
  'ONE_TIME_CHARGE',
  // Asked for in App Store Connect; that it is processed says that the way is open.
  'TEST',
] as const;

/** `settle` brings our record of a purchase to what Apple says, and ends the event with it. */
export function appleWebhook(
  verifier: AppleVerifier,
  settle: (environment: AppleEnvironment, purchase: string, input: WebhookInput) => Promise<void>,
): Webhook {
  async function follow(input: WebhookInput): Promise<void> {
    const { purchase, environment } = input.event.kept as AppleReference;
    if (purchase !== null) await settle(environment, purchase, input);
  }

  return {
    provider: 'apple',
    summary: 'App Store Server Notifications, version 2',
    verify: ({ body }) =>
      verifiedNotification(verifier, body).catch((error: unknown) => {
        throw error instanceof Unverified ? signatureRefused(error.message) : error;
      }),
    handlers: Object.fromEntries(followed.map((type) => [type, follow])),
  };
}

async function verifiedNotification(verifier: AppleVerifier, body: Buffer): Promise<VerifiedEvent> {
  const notification = await verifier.notification(signedPayloadOf(body));
  const { notificationUUID, notificationType, subtype, signedDate, data } = notification;
  const { environment } = data ?? notification.summary ?? notification.appData ?? {};
  if (notificationUUID === undefined || notificationType === undefined)
    throw signatureRefused('signed, and no notification');
  const signed = data?.signedTransactionInfo;
  const transaction = signed === undefined ? undefined : await verifier.transaction(signed);
  const kept: AppleReference = {
    purchase: transaction?.originalTransactionId ?? null,
    transaction: transaction?.transactionId ?? null,
    environment: environment === 'Production' ? 'Production' : 'Sandbox',
    subtype: subtype ?? null,
  };
  return {
    id: notificationUUID,
    type: notificationType,
    occurredAt: signedDate === undefined ? null : new Date(signedDate),
    kept,
  };
}

function signedPayloadOf(body: Buffer): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw signatureRefused('no JSON');
  }
  const signed = (parsed as { signedPayload?: unknown } | null)?.signedPayload;
  if (typeof signed !== 'string') throw signatureRefused('nothing signed');
  return signed;
}
