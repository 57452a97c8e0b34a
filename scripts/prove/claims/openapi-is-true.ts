import { randomUUID } from 'node:crypto';
import { defineClaim } from '../claim.ts';
import { startSandbox } from '../../../backend/local/providers/sandbox.ts';
import { mismatches, sampleOf, type JsonSchema } from '../measure/json-schema.ts';
import {
  examplePlace,
  readExamples,
  type OperationExample,
} from '../measure/operation-examples.ts';

interface Operation {
  operationId: string;
  'x-auth': 'public' | 'user' | 'admin' | 'service';
  parameters: {
    name: string;
    in: 'path' | 'query' | 'header';
    required: boolean;
    schema: JsonSchema;
  }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

/** What is sent: everything right, or one thing not. */
interface Call {
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** Things are made before they are read, changed and removed. */
const order = ['post', 'put', 'get', 'patch', 'delete'];
/** Values that a schema does not tell. */
const ofHeaders: Readonly<Record<string, () => string>> = {
  'if-match': () => '*',
  'idempotency-key': randomUUID,
};

export default defineClaim({
  id: 'openapi-is-true',
  phase: 7,
  claim:
    'Whatever is sent to any operation, rightly or wrongly, the answer has a status, a type and a body that the OpenAPI document declares.',
  bound: '0 answers differ, and each operation succeeds',
  seconds: 15,
  async measure({ startServer, stack, progress, signal }) {
    const sandbox = await startSandbox();
    const examples = await readExamples();
    const server = await startServer({
      environment: {
        ...sandbox.environment,
        ...Object.fromEntries(
          examples.flatMap(({ environment = {} }) => Object.entries(environment)),
        ),
        RATE_LIMIT_PUBLIC: '1000000',
        RATE_LIMIT_SIGNED_IN: '1000000',
        RATE_LIMIT_AUTH_SENSITIVE: '1000000',
        RATE_LIMIT_EXPENSIVE: '1000000',
      },
    });
    const document = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as Document;
    const tokens = {
      user: (await stack.signUp()).accessToken,
      admin: (await stack.signUp({ role: 'admin' })).accessToken,
      service: (await stack.signUp({ role: 'service' })).accessToken,
    };
    sandbox.deliverTo(server.url);
    const place = examplePlace({ url: server.url, stack, sandbox, tokens }, signal);
    const known: Record<string, OperationExample> = {};
    for (const { prepare } of examples) Object.assign(known, await prepare(place));
    const operations = Object.entries(document.paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
      )
      .sort((one, other) => order.indexOf(one.method) - order.indexOf(other.method));

    const made: string[] = [];
    const succeeded = new Set<string>();
    const faults: string[] = [];
    let answers = 0;
    for (const { path, method, operation } of operations) {
      progress(operation.operationId);
      const { 'x-auth': auth } = operation;
      const token = tokens[auth === 'public' ? 'user' : auth];
      for (const [name, call] of callsOf(path, operation, token, {
        made,
        example: known[operation.operationId] ?? {},
      })) {
        signal.throwIfAborted();
        const response = await fetch(server.url + call.path, {
          ...call,
          method: method.toUpperCase(),
        });
        answers += 1;
        if (response.ok) succeeded.add(operation.operationId);
        const location = response.headers.get('location');
        if (response.status === 201 && location !== null) made.push(location);
        faults.push(
          ...(await faultsOf(response, operation, document)).map(
            (fault) => `${operation.operationId}, ${name}: ${fault}`,
          ),
        );
      }
    }
    await sandbox.close();
    const never = operations.filter(({ operation }) => !succeeded.has(operation.operationId));
    return {
      figure: `${faults.length} of ${answers} answers differ, ${succeeded.size} of ${operations.length} operations succeeded`,
      holds: faults.length === 0 && never.length === 0 && answers > 0,
      faults: [
        ...faults,
        ...never.map(({ operation }) => `${operation.operationId} never succeeded`),
      ],
    };
  },
});

async function faultsOf(
  response: Response,
  operation: Operation,
  document: Document,
): Promise<string[]> {
  const text = await response.text();
  const declared = operation.responses[response.status];
  if (!declared) return [`${response.status} is not declared`];
  if (text === '') return declared.content ? [`${response.status} has no body`] : [];
  const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
  const schema = Object.entries(declared.content ?? {}).find(
    ([name]) => name.split(';')[0] === type,
  )?.[1].schema;
  if (!schema) return [`${response.status} with ${type} is not declared`];
  if (type !== 'application/json' && !type.endsWith('+json')) return [];
  return mismatches(schema, JSON.parse(text), (reference) => {
    const found = document.components.schemas[reference.split('/').at(-1) ?? ''];
    if (!found) throw new Error(`${reference} is not in the document`);
    return found;
  });
}

function callsOf(
  template: string,
  { parameters, requestBody }: Operation,
  token: string,
  { made, example }: { made: readonly string[]; example: OperationExample },
): [name: string, call: Call][] {
  const schema = requestBody?.content['application/json']?.schema;
  const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
  const existing = example.path ?? made.findLast((location) => pattern.test(location));
  const somewhere = (whole: boolean) =>
    template.replace(/\{(\w+)\}/g, (_all, name: string) =>
      String(sampleOf(parameters.find((one) => one.name === name)?.schema ?? {}, whole)),
    );

  const right = (whole: boolean): Call => {
    const wanted = parameters.filter(({ required }) => whole || required);
    const valueOf = ({ name, schema: part }: (typeof wanted)[number]) =>
      ofHeaders[name.toLowerCase()]?.() ?? String(sampleOf(part, whole));
    const inPlace = (place: 'query' | 'header') =>
      Object.fromEntries(
        wanted.filter((one) => one.in === place).map((one) => [one.name, valueOf(one)]),
      ) as Record<string, string>;
    const query = new URLSearchParams({ ...inPlace('query'), ...example.query });
    return {
      path: `${existing ?? somewhere(whole)}${query.size > 0 ? `?${query.toString()}` : ''}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(schema ? { 'content-type': 'application/json' } : {}),
        ...inPlace('header'),
        ...example.headers,
      },
      ...(schema
        ? { body: example.raw ?? JSON.stringify(example.body ?? sampleOf(schema, whole)) }
        : {}),
    };
  };

  const [whole, least] = [right(true), right(false)];
  const { authorization: _token, ...anonymous } = least.headers;
  return [
    ['with no token', { ...least, headers: anonymous }],
    [
      'with a token that is none',
      { ...least, headers: { ...least.headers, authorization: 'Bearer x' } },
    ],
    [
      'asking for problem documents',
      { ...least, headers: { ...anonymous, accept: 'application/problem+json' } },
    ],
    [
      'with a query that is none',
      { ...whole, path: `${least.path.split('?')[0] ?? ''}?limit=x&strange=%00` },
    ],
    [
      'with no headers',
      { ...whole, headers: { authorization: whole.headers.authorization ?? '' } },
    ],
    ...(template.includes('{')
      ? ([
          ['of what is not there', { ...whole, path: somewhere(true) }],
          ['of what cannot be', { ...whole, path: template.replace(/\{\w+\}/g, '%20') }],
        ] as [string, Call][])
      : []),
    ...(schema
      ? [
          '{"broken',
          '[]',
          '{}',
          '7',
          'null',
          '{"unknown":1}',
          JSON.stringify({ x: 'x'.repeat(200_000) }),
        ].map((body): [string, Call] => [`with ${body.slice(0, 20)}`, { ...whole, body }])
      : []),
    ...(schema
      ? ([
          ['as text', { ...whole, headers: { ...whole.headers, 'content-type': 'text/plain' } }],
        ] as [string, Call][])
      : []),
    ['with the least', least],
    ['with everything', whole],
  ];
}
