import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { meRoute } from '../src/kernel/http/index.ts';
import { modules } from '../src/modules.ts';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';

type Json = Record<string, unknown>;
interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: Json;
}
interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: Json; schemas: Json };
}

let app: TestApp;
let document: Document;
let operations: { path: string; method: string; operation: Operation }[];

beforeAll(async () => {
  app = await startTestApp({ modules: [...modules, echo] });
  document = (await app.request.get('/api/v1/openapi.json')).body as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
});
afterAll(async () => {
  await app.stop();
});

/** Every object in the document, with its place. */
function* objectsIn(value: unknown, place = '#'): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [place, value as Json];
  for (const [key, child] of Object.entries(value)) yield* objectsIn(child, `${place}/${key}`);
}

/** The schemas of requests and answers, each whole. */
const schemas = (): [string, Json][] =>
  operations.flatMap(({ operation }) =>
    [
      ...operation.parameters.map(({ name, schema }): [string, Json] => [name, schema]),
      ...[operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
        Object.entries(part?.content ?? {}).map(([type, { schema }]): [string, Json] => [
          type,
          schema,
        ]),
      ),
    ].map(([name, schema]): [string, Json] => [`${operation.operationId} ${name}`, schema]),
  );

describe('the OpenAPI document', () => {
  test('names every operation once, with a summary, a tag and a success', () => {
    expect(operations.length).toBeGreaterThan(5);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(operation.summary).not.toBe('');
      expect(operation.tags).not.toHaveLength(0);
      const statuses = Object.keys(operation.responses);
      expect(statuses.filter((status) => /^[1-5]\d\d$/.test(status))).toEqual(statuses);
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
      for (const { description } of Object.values(operation.responses))
        expect(description).not.toBe('');
    }
  });

  test('refers only to what it holds', () => {
    const places = new Map(objectsIn(document));
    const references = [...places.values()].flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    );
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((reference) => !places.has(reference))).toEqual([]);
    for (const { operation } of operations)
      for (const requirement of operation.security)
        for (const name of Object.keys(requirement))
          expect(document.components.securitySchemes).toHaveProperty(name);
  });

  test('declares the parameters of each path, and no others', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(path).not.toContain(':');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required)).toBe(true);
    }
  });

  test('has schemas that say what they require, in types of JSON Schema', () => {
    const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
    for (const [name, schema] of schemas())
      for (const [place, part] of objectsIn(schema, name)) {
        // Below `properties` stand names, not keywords.
        if (place.endsWith('/properties')) continue;
        const { type = [], required = [], properties = {} } = part;
        const wrongTypes = [type].flat().filter((one) => !types.includes(one as string));
        const missing = (required as string[]).filter(
          (key) => !Object.hasOwn(properties as object, key),
        );
        expect([place, wrongTypes, missing]).toEqual([place, [], []]);
      }
  });

  test('tells what real answers look like', async () => {
    const { accessToken } = await app.signUp();
    const response = await app.request
      .get('/api/v1/me')
      .set('authorization', `Bearer ${accessToken}`);
    expect(response.status).toBe(200);
    const body: unknown = response.body;
    const checked: unknown = meRoute.responses[200]?.body
      ?.required()
      .validate(body, { convert: false });
    expect(checked).toEqual({ value: body });
  });
});
