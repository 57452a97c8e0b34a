import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { echo } from './fixtures/echo-module.ts';
import { defineModule } from '../src/kernel/module/index.ts';
import { startTestApp, type TestApp } from './support/app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [echo] });
});
afterAll(async () => {
  await app.stop();
});

describe('health and documents', () => {
  test('the process lives, is ready, and tells people what it checked', async () => {
    expect((await app.request.get('/livez')).body).toEqual({ status: 'ok' });
    expect((await app.request.get('/readyz')).status).toBe(200);
    expect((await app.request.get('/health')).body).toMatchObject({
      status: 'ok',
      checks: { database: 'ok' },
    });
  });

  test('a check that never answers counts as failing, and holds nobody up', async () => {
    const stuck = defineModule({
      name: 'stuck',
      create: () => ({
        healthChecks: [
          { name: 'stuck', critical: false, check: () => new Promise<void>(() => undefined) },
        ],
      }),
    });
    const other = await startTestApp({ modules: [stuck] });
    try {
      const response = await other.request.get('/readyz').timeout(5_000);
      expect(response.status).toBe(200);
      expect(response.body).toMatchObject({
        status: 'degraded',
        checks: { database: 'ok', stuck: 'failing' },
      });
    } finally {
      await other.stop();
    }
  });

  test('the OpenAPI document describes the very routes', async () => {
    const response = await app.request.get('/api/v1/openapi.json');
    const document = response.body as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/api/v1/me', '/api/v1/echo', '/api/v1/echo/{number}']),
    );
    expect(document.paths['/api/v1/echo']?.post).toMatchObject({
      security: [{ bearer: [] }],
      requestBody: {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: { word: { type: 'string', maxLength: 100 } },
              required: ['word'],
            },
          },
        },
      },
      responses: {
        200: { description: 'The word' },
        400: { description: expect.stringContaining('VALIDATION_FAILED') as unknown },
      },
    });
  });

  test('the docs page loads from our own host only', async () => {
    const { text: page } = await app.request.get('/docs');
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) expect((await app.request.get(source)).status).toBe(200);
  });
});
