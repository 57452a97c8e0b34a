import { Joi } from '../../src/kernel/schema/index.ts';

/** Where a value that looks like what it is may hide: found by the value. */
export const places: Readonly<Record<string, (value: string) => unknown>> = {
  'a field': (value) => ({ note: value }),
  'deep inside': (value) => ({ a: { b: [{ c: { d: [[value]] } }] } }),
  'a list': (value) => [1, 'two', value],
  'a pair': (value) => ({ entries: [['note', value]] }),
  'a map': (value) => new Map([['note', { value }]]),
  'a key of a map': (value) => new Map([[value, 1]]),
  'a set': (value) => ({ all: new Set([value]) }),
  'a key': (value) => ({ users: { [value]: true } }),
  'a getter': (value) => ({
    get note() {
      return value;
    },
  }),
  'a toJSON': (value) => ({ own: { toJSON: () => ({ text: value }) } }),
  'a boxed string': (value) => ({ note: Object(value) as unknown }),
  'an error': (value) => new Error(`${value} is not welcome`),
  'an error under a name': (value) => ({ reason: new TypeError(value) }),
  'a cause': (value) =>
    new Error('outer', { cause: new Error('middle', { cause: new Error(value) }) }),
  'a cause that is no error': (value) => new Error('outer', { cause: { said: value } }),
  'an aggregate': (value) =>
    new AggregateError([new Error('first'), new Error(value)], 'all failed'),
  'a duplicate of Postgres': (value) =>
    Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), {
      code: '23505',
      severity: 'ERROR',
      detail: `Key (email)=(${value}) already exists.`,
      where: `COPY users, line 1, column email: "${value}"`,
      hint: value,
      query: `select '${value}'`,
      parameters: [value],
    }),
  'a message of Postgres': (value) => new Error(`invalid input syntax for type uuid: "${value}"`),
  'an error of body-parser': (value) =>
    Object.assign(new SyntaxError(`Unexpected token 'x', "...${value}" is not valid JSON`), {
      type: 'entity.parse.failed',
      body: `{"note": "${value}"`,
    }),
  'an error of Joi': (value) =>
    Joi.object({ age: Joi.number() }).validate({ age: value }, { abortEarly: false }).error,
  'a copy of an error of Joi': (value) => ({
    ...Joi.object({ age: Joi.number() }).validate({ age: value }).error,
  }),
  'an error of PostgREST': (value) => ({
    code: '23505',
    message: `duplicate key value: ${value}`,
    details: `Key (phone)=(${value}) already exists.`,
    hint: value,
  }),
  'an error of Stripe': (value) =>
    Object.assign(new Error(`No such customer: ${value}`), {
      type: 'StripeInvalidRequestError',
      requestId: 'req_0a1b2c3d4e5f6g',
      raw: { message: value, param: value },
      headers: { 'x-note': value },
    }),
  'the name of a user in a URL': (value) => `https://${encodeURIComponent(value)}@api.example/v1`,
  'a query': (value) => `https://api.example/v1?note=${encodeURIComponent(value)}&page=2`,
  'a URL object': (value) => new URL(`https://api.example/${encodeURIComponent(value)}?q=1`),
  'search parameters': (value) => ({ from: new URLSearchParams({ note: value }) }),
  'a path': (value) => `GET /v1/users/${encodeURIComponent(value)}/orders`,
  'a referer': (value) => ({
    headers: { referer: `https://app.example/?u=${encodeURIComponent(value)}` },
  }),
  'a cookie': (value) => ({ headers: { cookie: `theme=dark; u=${encodeURIComponent(value)}` } }),
  'raw headers': (value) => ({ rawHeaders: ['Host', 'api.example', 'X-Note', value] }),
  'a socket handshake': (value) => ({
    handshake: { auth: { token: value }, query: { note: value }, headers: { 'x-note': value } },
  }),
  'a socket payload': (value) => ({ event: 'note:add', args: [{ text: value }] }),
  'a breadcrumb': (value) => ({
    breadcrumbs: [{ category: 'http', message: `GET /?u=${value}`, data: { url: value } }],
  }),
  'a span': (value) => ({
    spans: [
      { description: `select * from t where a = '${value}'`, data: { 'db.statement': value } },
    ],
  }),
};

/** Where nothing but the name beside it gives a value away. */
export const namedPlaces: Readonly<Record<string, (value: string) => unknown>> = {
  password: (value) => ({ body: { user: { password: value } } }),
  'a name in another form': (value) => ({
    'X-Api-Key': value,
    new_password: value,
    userEMail: value,
  }),
  'a header': (value) => ({ headers: { Authorization: value, 'set-cookie': [`sid=${value}`] } }),
  'a pair': (value) => [['password', value]],
  'raw headers': (value) => ({ rawHeaders: ['Cookie', `sid=${value}`, 'X-Api-Key', value] }),
  'name and value': (value) => [{ name: 'password', value }],
  'a map': (value) => new Map([['client_secret', value]]),
  'search parameters': (value) => new URLSearchParams({ access_token: value }),
  'a query in text': (value) => `/callback?state=1&access_token=${value}&x=2`,
  'JSON in a string': (value) => `{"user":{"password":"${value}"}}`,
  'JSON within text': (value) => `the payload {"user":{"password":"${value}"}} was refused`,
  'JSON in JSON within text': (value) => `got "{\\"password\\":\\"${value}\\"}"`,
  'base64 of JSON': (value) => Buffer.from(`{"password":"${value}"}`).toString('base64'),
  'a form': (value) => `user=1&password=${value}`,
  'a form, encoded': (value) => encodeURIComponent(`user=1&password=${value}`),
  'a multipart form': (value) =>
    `--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n${value}\r\n--x--`,
  XML: (value) => `<user><password>${value}</password></user>`,
  'a header in text': (value) => `POST / HTTP/1.1\r\nCookie: sid=${value}; a=b\r\nHost: x`,
  'a row of Postgres': (value) => new Error(`Failing row contains (1, ${value}, null).`),
  'a key of Postgres': (value) => new Error(`Key (nickname)=(${value}) already exists.`),
  'an error of Joi': (value) =>
    Object.assign({}, Joi.object({ age: Joi.number() }).validate({ age: value }).error),
  'a raw body': (value) => Object.assign({}, { rawBody: value, type: 'entity.parse.failed' }),
  'an address': (value) => ({ shipping_address: { line1: value }, first_name: value }),
};
