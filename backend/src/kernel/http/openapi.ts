import type { ErrorCode } from '../errors/index.ts';
import { errorCodes } from '../errors/index.ts';
import type { Joi, Schema } from '../schema/index.ts';
import { replayedHeader } from './idempotent-answer.ts';
import type { IdempotencyRule, Route } from './route.ts';

type Json = Record<string, unknown>;

/** Where the document says who may call: Bearer tokens of the Supabase project. */
const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' };

/** The OpenAPI 3.1 document of the declared routes, written by the schemas that check the requests. */
export function openApiDocument(routes: readonly Route[], prefix: string, version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = prefix + route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Bulwark API', version },
    paths,
    components: {
      securitySchemes: { bearer },
      schemas: { Error: errorSchema, Problem: problemSchema },
    },
  };
}

/** `getRecipesId` for GET /recipes/:id. */
export function operationId({ method, path }: Route): string {
  return method + path.replace(/[/:.-]+(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function operation(route: Route): Json {
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    security: route.auth === 'public' ? [{}, { bearer: [] }] : [{ bearer: [] }],
    'x-auth': route.auth,
    'x-rate-limit-tier': route.rateLimit,
    ...(route.entitlement === undefined ? {} : { 'x-entitlement': route.entitlement }),
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...parameters('header', route.headers),
      ...(route.idempotency ? [keyParameter(route.idempotency)] : []),
    ],
    ...(route.rawBodyLimit === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: {} } } } }),
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(route.body) } },
          },
        }
      : {}),
    responses: { ...successes(route), ...failures(route) },
  };
}

const keyParameter = (rule: IdempotencyRule): Json => ({
  name: 'Idempotency-Key',
  in: 'header',
  required: rule === 'required',
  description:
    'A new one for each thing to do, such as a UUID. Repeating a request with its key does nothing twice: the first answer comes again.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
});

function parameters(
  place: 'path' | 'query' | 'header',
  schema: Joi.ObjectSchema | undefined,
): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function successes(route: Route): Json {
  const ofAll = route.idempotency
    ? { [replayedHeader]: '`true` where nothing was done again' }
    : {};
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, body, contentType, headers }]) => [
      status,
      {
        description,
        ...(body
          ? { content: { 'application/json': { schema: jsonSchema(body, 'output') } } }
          : {}),
        ...(contentType === undefined
          ? {}
          : { content: { [contentType]: { schema: { type: 'string' } } } }),
        ...headerDescriptions({ ...headers, ...ofAll }),
      },
    ]),
  );
}

function headerDescriptions(texts: Readonly<Record<string, string>>): Json {
  const headers = Object.entries(texts).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return headers.length === 0 ? {} : { headers: Object.fromEntries(headers) as Json };
}

/** Every status a route can fail with, and the codes behind it. */
function failures(route: Route): Json {
  const codes = new Set<ErrorCode>([
    'RATE_LIMITED',
    'TOKEN_INVALID',
    'TOKEN_EXPIRED',
    'SESSION_REVOKED',
    'USER_BANNED',
    'INTERNAL_ERROR',
    'SERVICE_UNAVAILABLE',
    ...(route.auth === 'public' ? [] : (['UNAUTHENTICATED'] as const)),
    ...(route.auth === 'admin' || route.auth === 'service' ? (['FORBIDDEN'] as const) : []),
    ...(route.entitlement === undefined ? [] : (['ENTITLEMENT_REQUIRED'] as const)),
    ...(route.params || route.query || route.headers || route.body || route.idempotency
      ? (['VALIDATION_FAILED'] as const)
      : []),
    ...(route.idempotency ? (['IDEMPOTENCY_IN_FLIGHT', 'IDEMPOTENCY_KEY_REUSED'] as const) : []),
    ...(route.body
      ? (['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)
      : []),
    ...(route.rawBodyLimit === undefined
      ? []
      : (['MALFORMED_REQUEST', 'PAYLOAD_TOO_LARGE'] as const)),
    ...(route.errors ?? []),
  ]);
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      {
        description: names.join(', '),
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/Error' } },
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    ]),
  );
}

function jsonSchema(schema: Schema, side: 'input' | 'output' = 'input'): Json {
  return nullsListed(schema['~standard'].jsonSchema[side]({ target: 'draft-2020-12' })) as Json;
}

/** Joi leaves null out of an `enum` that it allows beside it. */
function nullsListed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(nullsListed);
  if (typeof part !== 'object' || part === null) return part;
  const whole = Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name, nullsListed(value)]),
  );
  const { type, enum: values } = whole;
  return Array.isArray(type) && type.includes('null') && Array.isArray(values)
    ? { ...whole, enum: [...new Set([...(values as unknown[]), null])] }
    : whole;
}

const details = {
  type: 'array',
  items: {
    type: 'object',
    properties: { field: { type: 'string' }, reason: { type: 'string' } },
    required: ['field', 'reason'],
  },
};
const provider = { type: 'string', description: 'The service this depends on that has failed.' };
const errorSchema = {
  type: 'object',
  properties: {
    error: { type: 'string', enum: Object.keys(errorCodes) },
    message: { type: 'string' },
    statusCode: { type: 'integer' },
    requestId: { type: 'string' },
    timestamp: { type: 'string', format: 'date-time' },
    path: { type: 'string' },
    details,
    provider,
  },
  required: ['error', 'message', 'statusCode', 'requestId', 'timestamp', 'path'],
};
const problemSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    error: { type: 'string', enum: Object.keys(errorCodes) },
    requestId: { type: 'string' },
    timestamp: { type: 'string', format: 'date-time' },
    details,
    provider,
  },
  required: ['type', 'title', 'status'],
};
