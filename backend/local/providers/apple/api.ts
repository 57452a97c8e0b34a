import { createPublicKey, randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { jwtVerify } from 'jose';
import { newNotification, type Notification, app, type Signing } from './signing.ts';
import { type Purchase, statusOf } from './purchases.ts';
import type { Store } from './store.ts';

export const team = {
  issuerId: '00000000-aaaa-4000-8000-00000000cafe',
  keyId: 'SANDBOXKEY',
} as const;

/** A refusal in Apple's words. */
class AppleRefusal extends Error {
  readonly status: number;
  readonly errorCode: number;

  constructor(status: number, errorCode: number, message: string) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }
}

const notFound = () => new AppleRefusal(404, 4_040_010, 'Transaction id not found.');

/** The App Store Server API, as far as a billing backend reads it. */
export function appleApi(options: {
  key: string;
  store: Store;
  signing: Signing;
  send: (notification: Notification) => void;
}): Router {
  const { key, store, signing, send } = options;
  const router = express.Router();
  router.use(needsToken(key));

  function purchaseOf({ params }: Request): Purchase {
    const id = String(params.id);
    if (!/^\d{1,32}$/.test(id)) throw new AppleRefusal(400, 4_000_006, 'Invalid transaction id.');
    const found = store.find(id);
    if (!found) throw notFound();
    return found;
  }

  router.get('/inApps/v1/transactions/:id', (request, response) => {
    response.json({ signedTransactionInfo: signing.transaction(purchaseOf(request)) });
  });

  router.get('/inApps/v1/subscriptions/:id', (request, response) => {
    const { account, environment } = purchaseOf(request);
    const wanted = [(request.query as Record<string, unknown>).status ?? []].flat().map(Number);
    const groups = new Map<string, object[]>();
    for (const each of store.ofAccount(account)) {
      const status = statusOf(each, store.now());
      const { group } = each.product;
      if (group === undefined || each.environment !== environment) continue;
      if (wanted.length > 0 && !wanted.includes(status)) continue;
      const item = {
        originalTransactionId: each.originalTransactionId,
        status,
        signedTransactionInfo: signing.transaction(each),
        signedRenewalInfo: signing.renewalInfo(each),
      };
      groups.set(group, [...(groups.get(group) ?? []), item]);
    }
    const data = [...groups].map(([subscriptionGroupIdentifier, lastTransactions]) => ({
      subscriptionGroupIdentifier,
      lastTransactions,
    }));
    response.json({ ...app, environment, data });
  });

  router.post('/inApps/v1/notifications/test', (_request, response) => {
    const test = newNotification('TEST');
    send(test);
    response.json({ testNotificationToken: `${test.id}_${Date.now()}` });
  });

  router.use(() => {
    throw new AppleRefusal(404, 4_040_000, 'Not found.');
  });
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (error instanceof AppleRefusal)
      response
        .status(error.status)
        .json({ errorCode: error.errorCode, errorMessage: error.message });
    else next(error);
  });
  return router;
}

/** A token as Apple wants it: ES256 by the team's key, for this app, for an hour at most. */
function needsToken(key: string) {
  const publicKey = createPublicKey(key);
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const token = /^Bearer (\S+)$/.exec(request.get('authorization') ?? '')?.[1] ?? '';
    try {
      const { payload, protectedHeader } = await jwtVerify(token, publicKey, {
        algorithms: ['ES256'],
        issuer: team.issuerId,
        audience: 'appstoreconnect-v1',
        maxTokenAge: 3_600,
        requiredClaims: ['exp'],
      });
      if (protectedHeader.kid !== team.keyId || payload.bid !== app.bundleId)
        throw new Error('of another key or app');
      if ((payload.exp ?? 0) - (payload.iat ?? 0) > 3_600) throw new Error('lasts too long');
    } catch {
      response
        .status(401)
        .type('text/plain')
        .send(`Unauthenticated\n\nRequest ID: ${randomUUID()}.0.0\n`);
      return;
    }
    next();
  };
}
