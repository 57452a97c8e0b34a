/** The few forms of DER (X.690) that a certificate is made of. */

/** One value with its tag and length. */
export function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const bytes: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  const length = content.length < 128 ? [content.length] : [0x80 + bytes.length, ...bytes];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
export const set = (...parts: readonly Buffer[]): Buffer => tlv(0x31, ...parts);
/** `[n]`, around what is in it. */
export const tagged = (n: number, content: Buffer): Buffer => tlv(0xa0 + n, content);
export const octets = (content: Buffer): Buffer => tlv(0x04, content);
/** Whole bytes. */
export const bits = (content: Buffer): Buffer => tlv(0x03, Buffer.from([0]), content);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text, 'utf8'));
/** `[n]` in place of the text's own tag. */
export const link = (n: number, url: string): Buffer => tlv(0x80 + n, Buffer.from(url, 'ascii'));
export const yes = tlv(0x01, Buffer.from([0xff]));
export const nothing = tlv(0x05);

/** Positive: a first bit of 1 would say otherwise. */
export const integer = (bytes: Buffer): Buffer =>
  tlv(0x02, (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);

/** `20270101000000Z`; years from 1950 to 2049 are written in two digits, as RFC 5280 wants it. */
export function time(at: Date): Buffer {
  const text = `${at.toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
  const year = at.getUTCFullYear();
  return year < 2050 && year >= 1950
    ? tlv(0x17, Buffer.from(text.slice(2), 'ascii'))
    : tlv(0x18, Buffer.from(text, 'ascii'));
}

/** `1.2.840.113635.100.6.11.1` */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...others].flatMap((arc) => {
    const digits = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
      digits.unshift((rest % 128) + 128);
    return digits;
  });
  return tlv(0x06, Buffer.from(bytes));
}
