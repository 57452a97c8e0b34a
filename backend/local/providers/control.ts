import express, { type Router } from 'express';
import { faultsSchema } from './faults.ts';
import type { RunningProvider, Sandbox } from './running.ts';

/** What the control API says about a provider. */
const described = ({ definition, baseUrl, quota, faults, log }: RunningProvider) => ({
  name: definition.name,
  title: definition.title,
  baseUrl,
  calls: log.count(),
  spoilt: log.spoilt(),
  quota: { limit: quota.limit, remaining: quota.remaining() },
  faults: faults.current(),
});

/**
 * The sandbox's own API, below `/_sandbox`: `GET /providers`, `PUT` and `DELETE /providers/:name`,
 * `GET /providers/:name/calls`, `GET /drivers` (what is bought from those who sell), `PUT /server` (where webhooks go), `POST /prices` (they move). It never shows a key.
 */
export function controlRoutes(sandbox: Sandbox, names: readonly string[]): Router {
  const router = express.Router();
  router.use(express.json({ limit: '10kb' }));
  router.param('name', (_request, response, next, name: string) => {
    if (names.includes(name)) next();
    else response.status(404).json({ error: `There is no provider ${name}` });
  });
  router.get('/drivers', (_request, response) => {
    response.json({ drivers: sandbox.drivers() });
  });
  router.get('/providers', (_request, response) => {
    response.json({ providers: names.map((name) => described(sandbox.provider(name))) });
  });
  router.get('/providers/:name', (request, response) => {
    response.json(described(sandbox.provider(request.params.name)));
  });
  router.put('/providers/:name', (request, response) => {
    const checked = faultsSchema.validate(request.body, { convert: false });
    if (checked.error) {
      response.status(400).json({ error: checked.error.message });
      return;
    }
    sandbox.misbehave(request.params.name, checked.value);
    response.json(described(sandbox.provider(request.params.name)));
  });
  router.delete('/providers/:name', (request, response) => {
    sandbox.heal(request.params.name);
    response.json(described(sandbox.provider(request.params.name)));
  });
  router.get('/providers/:name/calls', (request, response) => {
    response.json({ calls: sandbox.calls(request.params.name) });
  });
  router.put('/server', (request, response) => {
    const { url } = request.body as { url?: unknown };
    if (typeof url !== 'string' || !URL.canParse(url)) {
      response.status(400).json({ error: 'url must be that of a server' });
      return;
    }
    sandbox.deliverTo(url);
    response.status(204).end();
  });
  router.post('/prices', (_request, response) => {
    sandbox.movePrices();
    response.status(204).end();
  });
  return router;
}
