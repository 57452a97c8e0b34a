import { io, type Socket } from 'socket.io-client';
import supertest from 'supertest';
import { createApp, type App, type AppOptions } from '../../src/app.ts';
import { collectSections, configDirectory, loadConfig } from '../../src/kernel/config/index.ts';
import { createLogger, createLogTap } from '../../src/kernel/logging/index.ts';
import type { Module } from '../../src/kernel/module/index.ts';
import type { EventLoopSampler } from '../../src/kernel/overload/index.ts';
import { modules as allModules } from '../../src/modules.ts';
import { checkedModule } from './checked-module.ts';
import { startTestStack, type TestStack, type TestStackOptions } from './stack.ts';

export type { TestUser } from './users.ts';

export interface TestApp {
  readonly url: string;
  readonly request: ReturnType<typeof supertest>;
  readonly stack: TestStack;
  readonly database: TestStack['database'];
  readonly issuer: TestStack['issuer'];
  /** Every line that the server logged so far, parsed. */
  readonly logLines: readonly Record<string, unknown>[];
  signUp: TestStack['signUp'];
  /** Resolves on the server's `connected`; rejects with its refusal. */
  connect(accessToken?: string): Promise<Socket>;
  /** The metric's present value, of these labels; undefined where nothing was counted. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  /** The server process is what restarts: the same database, issuer and address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestAppOptions extends TestStackOptions {
  modules?: readonly Module[];
  /** Environment variables beyond those that name the stack. */
  environment?: Readonly<Record<string, string>>;
  /** Another app's database and issuer, for several servers on one; whose they are ends them. */
  stack?: TestStack;
  eventLoop?: EventLoopSampler;
  consoleDirectory?: string;
}

/** The real server on a database and an auth issuer of its own, on free ports; its answers are held to what it declares. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const {
    modules = allModules,
    environment = {},
    eventLoop,
    consoleDirectory,
    ...stackOptions
  } = options;
  const stack = options.stack ?? (await startTestStack(stackOptions));
  const logLines: Record<string, unknown>[] = [];
  const logTap = createLogTap();
  const logger = createLogger({
    level: 'debug',
    tap: logTap,
    destination: { write: (line) => logLines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const sockets = new Set<Socket>();
  let port = 0;

  const launch = async (): Promise<App> => {
    const variables = {
      ...stack.environment,
      HOST: '127.0.0.1',
      PORT: String(port),
      SHUTDOWN_DRAIN_MS: '0',
      ...environment,
    };
    const app = buildApp(variables, modules, {
      logger,
      logTap,
      ...(eventLoop && { eventLoop }),
      ...(consoleDirectory !== undefined && { consoleDirectory }),
    });
    port = await app.start();
    return app;
  };
  let app = await launch();
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    request: supertest(url),
    stack,
    database: stack.database,
    issuer: stack.issuer,
    logLines,
    signUp: stack.signUp,
    async connect(accessToken) {
      const socket = io(url, {
        transports: ['websocket'],
        forceNew: true,
        ...(accessToken === undefined ? {} : { auth: { token: accessToken } }),
      });
      sockets.add(socket);
      await new Promise<void>((resolve, reject) => {
        socket.once('connected', () => {
          resolve();
        });
        socket.once('connect_error', reject);
      });
      return socket;
    },
    async metric(name, labels = {}) {
      const metric = await app.metrics.registry.getSingleMetric(name)?.get();
      const wanted = Object.entries(labels);
      return metric?.values.find((sample) =>
        wanted.every(
          ([label, value]) => (sample.labels as Record<string, unknown>)[label] === value,
        ),
      )?.value;
    },
    async restart() {
      await app.stop();
      app = await launch();
    },
    async stop() {
      for (const socket of sockets) socket.disconnect();
      await app.stop();
      if (options.stack === undefined) await stack.stop();
    },
  };
}

function buildApp(
  variables: Readonly<Record<string, string>>,
  modules: readonly Module[],
  parts: Pick<AppOptions, 'logger' | 'logTap' | 'eventLoop' | 'consoleDirectory'>,
): App {
  const config = loadConfig({
    environment: variables,
    configDirectory,
    sections: collectSections(modules),
  });
  return createApp({
    config: config.kernel,
    settings: config.modules,
    modules: modules.map(checkedModule),
    version: 'test',
    ...parts,
  });
}
