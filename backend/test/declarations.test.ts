import { describe, expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { route, type Route } from '../src/kernel/http/index.ts';
import { createLogger, createLogTap } from '../src/kernel/logging/index.ts';
import { defineModule } from '../src/kernel/module/index.ts';
import { socketEvent, type SocketEvent } from '../src/kernel/realtime/index.ts';
import { Joi, shape } from '../src/kernel/schema/index.ts';
import { developmentEnvironment, load } from './support/environment.ts';

const good = route({
  method: 'get',
  path: '/things/:id',
  summary: 'Reads a thing',
  tag: 'things',
  auth: 'user',
  rateLimit: 'signed-in',
  params: shape({ id: Joi.string() }),
  responses: { 200: { description: 'The thing' } },
  handler: () => Promise.resolve({}),
});
const event = socketEvent({
  name: 'things:do',
  summary: 'Does a thing',
  auth: 'user',
  rateLimit: 'signed-in',
  payload: shape({}),
  handler: () => Promise.resolve(),
});

/** Puts a server together from these declarations; nothing is started. */
function build(routes: readonly Route[], socketEvents: readonly SocketEvent[] = []): void {
  const { kernel } = load(developmentEnvironment());
  const things = defineModule({ name: 'things', create: () => ({ routes, socketEvents }) });
  createApp({
    config: kernel,
    modules: [things],
    settings: {},
    logTap: createLogTap(),
    logger: createLogger({ level: 'silent' }),
    version: 'test',
  });
}

/** As plain JavaScript or a cast could leave it. */
const without = <T>(declaration: T, key: keyof T): T => ({ ...declaration, [key]: undefined });

describe('the server is not put together', () => {
  test('unless every route and event says who may use it, and how often', () => {
    expect(() => {
      build([good], [event]);
    }).not.toThrow();
    for (const key of ['auth', 'rateLimit'] as const) {
      expect(() => {
        build([without(good, key)]);
      }).toThrow(`GET /things/:id: declare ${key}`);
      expect(() => {
        build([good], [without(event, key)]);
      }).toThrow(`socket event things:do: declare ${key}`);
    }
  });

  test('where a key for repetitions is declared for strangers, or for reading', () => {
    const post: Route = { ...good, method: 'post', idempotency: 'optional' };
    expect(() => {
      build([post]);
    }).not.toThrow();
    for (const route of [{ ...post, auth: 'public' } as const, { ...post, method: 'get' } as const])
      expect(() => {
        build([route]);
      }).toThrow('idempotency is for what signed-in callers change');
  });

  test('where strangers are asked for what they have bought, or for something without a proper name', () => {
    expect(() => {
      build([{ ...good, entitlement: 'pro' }], [{ ...event, entitlement: 'pro' }]);
    }).not.toThrow();
    const faulty = [{ auth: 'public', entitlement: 'pro' } as const, { entitlement: 'Pro plan' }];
    for (const declared of faulty)
      for (const doors of [
        () => {
          build([{ ...good, ...declared }]);
        },
        () => {
          build([], [{ ...event, ...declared }]);
        },
      ])
        expect(doors).toThrow(/entitlement/);
  });

  test.each<[string, Route[]]>([
    ['declared twice', [good, good]],
    [
      'is written /things/:id elsewhere',
      [
        good,
        { ...good, method: 'delete', path: '/things/:name', params: shape({ name: Joi.string() }) },
      ],
    ],
    ['named like GET /things/:id', [good, { ...good, path: '/things-:id' }]],
    ['no schema for :id', [without(good, 'params')]],
    [
      'no :more in the path',
      [{ ...good, params: shape({ id: Joi.string(), more: Joi.string() }) }],
    ],
  ])('with a faulty route: %s', (fault, routes) => {
    expect(() => {
      build(routes);
    }).toThrow(fault);
  });

  test.each(['connect', 'disconnect', 'error', 'newListener', 'connected', 'auth:refresh'])(
    'with an event named %s, which is reserved',
    (name) => {
      expect(() => {
        build([], [{ ...event, name }]);
      }).toThrow('the name is reserved');
    },
  );

  test('with one event declared twice', () => {
    expect(() => {
      build([], [event, event]);
    }).toThrow('declared twice');
  });
});
