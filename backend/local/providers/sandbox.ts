import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { providers as allProviders } from './all.ts';
import { createCallLog } from './call-log.ts';
import { controlRoutes } from './control.ts';
import { drivenState } from './driver.ts';
import { createFaultState } from './faults.ts';
import { misbehave } from './misbehave.ts';
import {
  createQuota,
  type OpenProvider,
  type ProviderContext,
  type SandboxProvider,
} from './provider.ts';
import type { RunningProvider, Sandbox } from './running.ts';

export interface SandboxOptions {
  /** 0, the default, takes any free one. It listens on 127.0.0.1 alone. */
  port?: number;
  /** `usual` answers as late as the real ones do; `none`, the default, at once. */
  latency?: 'none' | 'usual';
  /** Default: all there are. */
  providers?: readonly SandboxProvider[];
}

export type { RunningProvider, Sandbox } from './running.ts';

/** Stands in for the providers on a laptop and in tests: the real wire formats, and failures on command. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, latency = 'none', providers = allProviders } = options;
  const closing = new AbortController();
  let revision = 0;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  const server = createServer(app);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const running = new Map<string, RunningProvider>();
  const open = new Map<string, OpenProvider>();
  for (const definition of providers) {
    const { name, basePath, keyPrefix, makeKey, atRoot = false } = definition;
    const one: RunningProvider = {
      definition,
      baseUrl: atRoot ? url : `${url}/${name}${basePath}`,
      key: makeKey?.(`${url}/${name}`) ?? `${keyPrefix}${randomBytes(24).toString('hex')}`,
      webhookSecret: `whsec_${randomBytes(24).toString('base64url')}`,
      quota: createQuota(definition.quota),
      faults: createFaultState(),
      log: createCallLog(),
    };
    running.set(name, one);
    const { key, webhookSecret, quota } = one;
    const context = { key, webhookSecret, quota, url: `${url}/${name}`, revision: () => revision };
    const opened = definition.routes(context);
    const isOpen = 'api' in opened;
    const api = isOpen ? opened.api : opened;
    const latencyMs = latency === 'usual' ? definition.usualLatencyMs : 0;
    if (isOpen) app.use(`/${name}`, opened.pages);
    app.use(
      atRoot ? basePath : `/${name}`,
      front(one, latencyMs, closing.signal),
      takeQuota(one, context),
      atRoot ? api : under(basePath, api),
    );
    if (isOpen) {
      app.use(`/_sandbox/${name}`, opened.commands);
      open.set(name, opened);
    }
  }

  const sandbox: Sandbox = {
    url,
    environment: Object.fromEntries([
      ['PROVIDER_SANDBOX_URL', url],
      ...[...running.values()].flatMap(
        ({ definition: { variables, settings = {} }, baseUrl, key, webhookSecret }) => [
          [variables.baseUrl, baseUrl],
          [variables.key, key],
          ...(variables.webhookSecret === undefined
            ? []
            : [[variables.webhookSecret, webhookSecret]]),
          ...Object.entries(settings),
        ],
      ),
      ...[...open.values()].flatMap(({ settings = {} }) => Object.entries(settings)),
    ]) as Record<string, string>,
    provider(name) {
      const found = running.get(name);
      if (!found) throw new Error(`The sandbox has no provider ${name}`);
      return found;
    },
    misbehave(name, faults) {
      const { quota, faults: state } = sandbox.provider(name);
      const { quota: wanted, ...others } = faults;
      if (wanted !== undefined) quota.set(wanted.remaining);
      if (Object.keys(others).length > 0) state.set(others);
    },
    heal(name) {
      const { quota, faults } = sandbox.provider(name);
      faults.heal();
      quota.reset();
    },
    movePrices() {
      revision += 1;
    },
    deliverTo(server) {
      for (const [name, one] of open) one.deliverTo(`${server}/api/v1/webhooks/${name}`);
    },
    drivers: () =>
      [...open].flatMap(([name, { driver }]) =>
        driver ? [drivenState(name, sandbox.provider(name).definition.title, driver)] : [],
      ),
    calls: (name) => sandbox.provider(name).log.recent(),
    async close() {
      closing.abort();
      for (const one of open.values()) one.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  app.use('/_sandbox', controlRoutes(sandbox, [...running.keys()]));
  app.use((request: Request, response: Response) => {
    response
      .status(404)
      .json({ error: `The sandbox does not have ${request.method} ${request.path}` });
  });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status = 500 } = error as { status?: number };
    response.status(status).json({ error: status < 500 ? 'Bad request' : 'The sandbox failed' });
  });
  return sandbox;
}

/** Counts the call, lets it wait as long as usual, and spoils it where that was asked for. */
function front({ log, faults }: RunningProvider, latencyMs: number, signal: AbortSignal) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const call = log.begin(request.method, request.url);
    response.once('finish', () => {
      call.status = response.statusCode;
    });
    const now = faults.next(request.url);
    try {
      if (latencyMs > 0) await wait(latencyMs, undefined, { signal });
      call.spoilt = now !== undefined;
      if (now === undefined || !(await misbehave(now, request, response, signal))) next();
    } catch (error) {
      if (!signal.aborted) throw error;
      request.socket.destroy();
    }
  };
}

const takeQuota =
  ({ definition, quota }: RunningProvider, context: ProviderContext) =>
  (_request: Request, response: Response, next: NextFunction): void => {
    if (quota.take()) {
      next();
      return;
    }
    const { status, body } = definition.quotaAnswer(context);
    response.status(status).json(body);
  };

function under(basePath: string, routes: Router): Router {
  const router = express.Router();
  router.use(basePath, routes);
  return router;
}
