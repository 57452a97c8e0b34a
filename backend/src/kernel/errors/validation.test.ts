import { describe, expect, test } from '@jest/globals';
import Joi from 'joi';
import { joiReasons } from './joi-reasons.ts';
import { toAppError } from './to-app-error.ts';
import { validationDetails } from './validation.ts';

const faultsOf = (schema: Joi.Schema, value: unknown) =>
  validationDetails(schema.validate(value, { abortEarly: false }).error);

const reasonFor = (schema: Joi.Schema, value: unknown) =>
  faultsOf(Joi.object({ x: schema }), { x: value })[0]?.reason;

describe('A Joi error', () => {
  test('becomes VALIDATION_FAILED with field and reason of each fault', () => {
    const schema = Joi.object({
      title: Joi.string().max(5).required(),
      steps: Joi.array().items(Joi.object({ minutes: Joi.number().integer().min(1) })),
    });
    const { error } = schema.validate(
      { steps: [{ minutes: 3 }, { minutes: 0 }], extra: 1 },
      { abortEarly: false },
    );
    const mapped = toAppError(error);
    expect(mapped.code).toBe('VALIDATION_FAILED');
    expect(mapped.details).toEqual([
      { field: 'title', reason: 'is required' },
      { field: 'steps[1].minutes', reason: 'must be at least 1' },
      { field: 'extra', reason: 'is not allowed' },
    ]);
  });

  test('leaves the input behind, for the log too', () => {
    const { error } = Joi.object({ a: Joi.number() }).validate({ a: 'zq-secret' });
    expect(toAppError(error).cause).toBeUndefined();
  });

  test('names the whole where no field of it is wrong', () => {
    const { error } = Joi.object({ limit: Joi.number() }).validate({ limit: 'x' });
    expect(validationDetails(error, 'query')).toEqual([
      { field: 'limit', reason: 'must be a number' },
    ]);
    expect(validationDetails(Joi.string().validate(1).error, 'body')).toEqual([
      { field: 'body', reason: 'must be a string' },
    ]);
  });

  test.each<[Joi.Schema, unknown, string]>([
    [Joi.valid('a', 'b', 3), 'c', 'must be one of a, b, 3'],
    [Joi.valid(Joi.ref('y')), 'c', 'is not an allowed value'],
    [Joi.invalid('c'), 'c', 'is not an allowed value'],
    [Joi.string().pattern(/^zq/), 'c', 'does not have the required form'],
    [Joi.string().length(3), 'c', 'must have exactly 3 characters'],
    [Joi.string().email(), 'c', 'must be an email address'],
    [Joi.number().max(Joi.ref('y')), 5, 'does not fit another field'],
    [Joi.date().min('2020-01-01'), '2019', 'must not be before 2020-01-01T00:00:00.000Z'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).or('a', 'b'), {}, 'needs at least one of a, b'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).and('a', 'b'), { a: 1 }, 'lacks b'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).with('a', 'b'), { a: 1 }, 'lacks b'],
    [Joi.array().unique(), [1, 1], 'is there twice'],
    [
      Joi.string().custom(() => {
        throw new Error('zq');
      }),
      'c',
      'is not valid',
    ],
    [Joi.string().custom((_, helpers) => helpers.error('own.rule')), 'c', 'is not valid'],
  ])('gives its reason, case %#', (schema, value, reason) => {
    expect(reasonFor(schema, value)).toBe(reason);
  });

  test('names a limit that another field sets without that field’s value', () => {
    const schema = Joi.object({ low: Joi.number(), high: Joi.number().min(Joi.ref('low')) });
    expect(faultsOf(schema, { low: 98765, high: 1 })).toEqual([
      { field: 'high', reason: 'must be at least the limit' },
    ]);
  });

  test('does not repeat an unknown key that is no plain name', () => {
    const keys = ['<script>alert(1)</script>', 'a'.repeat(5000), 'eyJh.eyJz.c2ln', 'a\nb', ''];
    const input = Object.fromEntries(keys.map((key) => [key, 1]));
    const fields = faultsOf(Joi.object({}), input).map(({ field }) => field);
    expect(fields).toEqual(keys.map(() => '?'));
  });

  test('is bounded, however many faults there are', () => {
    const input = Array.from({ length: 5000 }, () => 'zq');
    expect(faultsOf(Joi.array().items(Joi.number()), input)).toHaveLength(50);
  });

  test('never repeats what was sent, by any rule that repeats it in Joi’s own message', () => {
    const secret = 'zq-secret-4111111111111111';
    const rules: Joi.Schema[] = [
      Joi.string().pattern(/^x/),
      Joi.string().pattern(/^x/, 'named'),
      Joi.string().pattern(/z/, { invert: true }),
      Joi.valid('a', 'b'),
      Joi.invalid(secret),
      Joi.string().email(),
      Joi.string().uri(),
      Joi.string().max(3),
      Joi.number(),
      Joi.date(),
      Joi.boolean(),
      Joi.array().items(Joi.number()),
      Joi.alternatives(Joi.number(), Joi.boolean()),
      Joi.string().custom((value: string) => {
        throw new Error(value);
      }),
      Joi.string().pattern(/^x/).messages({ 'string.pattern.base': 'got {#value}' }),
    ];
    for (const rule of rules) {
      const faults = faultsOf(Joi.object({ x: rule }), { x: secret });
      expect(faults).toHaveLength(1);
      expect(JSON.stringify(faults)).not.toContain('zq');
    }
  });
});

test('Every error type that Joi’s string, number, array and object rules can give has a reason', () => {
  const types = [Joi.string(), Joi.number(), Joi.array(), Joi.object(), Joi.date(), Joi.boolean()];
  // Kept out: what only a schema's author can cause.
  const authors =
    /^object\.(ref|regex|schema|instance|rename)|\.(custom|default|failover)$|^date\.format\.|^array\.sort\./;
  const known = types.flatMap((schema) =>
    Object.keys((schema as unknown as { _definition: { messages: object } })._definition.messages),
  );
  expect(known.length).toBeGreaterThan(80);
  const missing = known.filter((type) => !authors.test(type) && !joiReasons.has(type));
  expect([...new Set(missing)]).toEqual([]);
});
