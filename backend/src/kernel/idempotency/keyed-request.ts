import { createHash } from 'node:crypto';
import { validationFailed } from '../errors/index.ts';

/** A quoted string, as the IETF draft has it, or the same without quotes, as most clients send it. */
const wellFormed = /^(?:"([\w.:~+/=-]{1,255})"|([\w.:~+/=-]{1,255}))$/;

/** The key without its quotes; throws VALIDATION_FAILED. */
export function parseIdempotencyKey(header: string): string {
  const match = wellFormed.exec(header);
  const key = match?.[1] ?? match?.[2];
  if (key === undefined) {
    const reason = 'must have 1 to 255 letters, digits and _ . : ~ + / = -, such as a UUID';
    throw validationFailed([{ field: 'idempotency-key', reason }]);
  }
  return key;
}

/** SHA-256 of what was asked, whatever the order of an object's fields. */
export function fingerprintOf(asked: object): Buffer {
  return createHash('sha256').update(JSON.stringify(asked, sortFields)).digest();
}

const sortFields = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;
