import type { Request } from 'express';
import { AuthError } from './errors.ts';

/** Free-form JSON that a user or an admin hangs on an account. */
export type Metadata = Record<string, unknown>;

/** A JSON object read field by field; a field of the wrong type is `bad_json`, as in GoTrue. */
export type Fields = Readonly<Record<string, unknown>>;

export function readFields(req: Request): Fields {
  const body: unknown = req.body;
  if (!isObject(body)) throw badField('The request body');
  return body;
}

/** The text of a field; absent and null read as ''. */
export function textField(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw badField(name);
  return value;
}

export function flagField(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== 'boolean') throw badField(name);
  return value;
}

export function metadataField(fields: Fields, name: string): Metadata | undefined {
  const value = fields[name] ?? undefined;
  if (value !== undefined && !isObject(value)) throw badField(name);
  return value;
}

/** An address in lower case, or `validation_failed`. */
export function emailAddress(text: string): string {
  if (text.length > 255 || !/^[^\s@\p{Cc}]+@[^\s@.\p{Cc}]+(\.[^\s@.\p{Cc}]+)*$/u.test(text)) {
    throw new AuthError(400, 'validation_failed', 'The email address has a wrong format');
  }
  return text.toLowerCase();
}

/** Reserved never to exist (RFC 2606): the one kind of address nobody can receive mail at. */
const undeliverable = /[@.]invalid$/;

/** As `emailAddress`, and `email_address_invalid` where no mail could arrive. */
export function deliverableAddress(text: string): string {
  const address = emailAddress(text);
  if (undeliverable.test(address)) {
    throw new AuthError(400, 'email_address_invalid', 'The email address cannot receive mail');
  }
  return address;
}

/** Digits in E.164 form without the plus, or `validation_failed`. */
export function phoneNumber(text: string): string {
  const digits = text.replaceAll(/[+\s]/g, '');
  if (!/^[1-9]\d{1,14}$/.test(digits)) {
    throw new AuthError(400, 'validation_failed', 'The phone number is not in E.164 form');
  }
  return digits;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badField(name: string): AuthError {
  return new AuthError(400, 'bad_json', `${name} is missing or has the wrong type`);
}
