import express, { type Request, type Response, type Router } from 'express';
import type { Identity } from './identity.ts';
import {
  orderShown,
  packageName,
  productShown,
  subscriptionShown,
  type Purchase,
} from './purchases.ts';
import type { Store } from './store.ts';

/** What of the Android Publisher API (v3) a billing backend calls. */
export function googleApi(store: Store, identity: Identity): Router {
  const router = express.Router();
  const app = express.Router();
  router.use((request, response, next) => {
    if (identity.isLetIn(request.get('authorization'))) next();
    else refuse(response, 401, 'UNAUTHENTICATED', 'Invalid authentication credentials.');
  });
  router.use('/androidpublisher/v3/applications/:package', (request, response, next) => {
    if (request.params.package === packageName) app(request, response, next);
    else refuse(response, 404, 'NOT_FOUND', `Package not found: ${request.params.package}.`);
  });

  const found = (request: Request, response: Response, kind: Purchase['kind']) => {
    const token = String(request.params.token);
    const purchase = store.find(token);
    // As Google does it: what has not the form of a token is no argument.
    if (purchase?.kind === kind) return purchase;
    if (token.includes('.AO-J1'))
      refuse(response, 404, 'NOT_FOUND', 'The purchase token was not found.');
    else refuse(response, 400, 'INVALID_ARGUMENT', 'Invalid Value');
    return undefined;
  };

  app.get('/purchases/subscriptionsv2/tokens/:token', (request, response) => {
    const purchase = found(request, response, 'subscription');
    if (purchase) response.json(subscriptionShown(purchase, store.told));
  });
  app.get('/purchases/productsv2/tokens/:token', (request, response) => {
    const purchase = found(request, response, 'one-time');
    if (purchase) response.json(productShown(purchase, store.told));
  });
  app.get('/orders/:id', (request, response) => {
    const purchase = store.ofOrder(request.params.id);
    if (purchase) response.json(orderShown(purchase, store.told));
    else refuse(response, 404, 'NOT_FOUND', 'Order not found.');
  });
  for (const [collection, kind] of [
    ['subscriptions', 'subscription'],
    ['products', 'one-time'],
  ] as const)
    app.post(
      new RegExp(`^/purchases/${collection}/(?<product>[^/]+)/tokens/(?<token>[^/]+):acknowledge$`),
      (request, response) => {
        const purchase = found(request, response, kind);
        if (!purchase) return;
        const isPaid = ['ACTIVE', 'CANCELED', 'IN_GRACE_PERIOD'].includes(purchase.state);
        if (!isPaid || request.params.product !== purchase.product) {
          refuse(response, 400, 'INVALID_ARGUMENT', 'The purchase cannot be acknowledged.');
          return;
        }
        purchase.acknowledged = true;
        response.status(204).end();
      },
    );
  return router;
}

function refuse(response: Response, code: number, status: string, message: string): void {
  response.status(code).json({ error: { code, message, status } });
}
