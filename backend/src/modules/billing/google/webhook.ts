import { signatureRefused, type Webhook } from '../../../kernel/webhooks/index.ts';
import type { BillingService } from '../service.ts';
import { followed, notificationOf } from './notification.ts';
import type { VerifyPush } from './push-token.ts';
import type { Settling } from './settling.ts';
import type { TokenRepository } from './tokens-repository.ts';

/** What is kept of a notification: the hash of its purchase token. */
interface GoogleReference {
  purchase: string | null;
}

/** Real-time developer notifications, pushed by Pub/Sub. */
export function googleWebhook({
  packageName,
  verifyPush,
  tokens,
  settling,
  service,
}: {
  packageName: string;
  verifyPush: VerifyPush;
  tokens: TokenRepository;
  settling: Settling;
  service: BillingService;
}): Webhook {
  const follow: Webhook['handlers'][string] = async ({ event, signal, commit }) => {
    const known = await tokens.find((event.kept as GoogleReference).purchase ?? '');
    // Where Google does not know what it tells of this rejects: perhaps it does later, and otherwise somebody is to see it.
    const settled = known && (await settling.ask(known, { signal }));
    if (settled === undefined) return;
    await commit(async (tx) => {
      await service.record(tx, settled.truth, { source: 'webhook', reference: event.id });
      await settled.alongside(tx, 'webhook');
    });
  };

  return {
    provider: 'google',
    summary: 'Notifications of Google Play, pushed by Pub/Sub',
    async verify({ body, headers }) {
      await verifyPush(headers.authorization);
      const notification = notificationOf(body, packageName);
      if (notification === undefined) throw signatureRefused('no message of Pub/Sub');
      const { about, ...event } = notification;
      // The token goes where tokens are kept, and nowhere else: neither the inbox nor a job has it.
      const purchase = about && (await tokens.remember(about.token, about.kind)).key;
      return { ...event, kept: { purchase } satisfies GoogleReference };
    },
    handlers: Object.fromEntries(followed.map((type) => [type, follow])),
  };
}
