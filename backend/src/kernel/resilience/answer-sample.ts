import type { Scrubber } from '../privacy/index.ts';

/** Scrubbed as a whole, and then cut, so that no secret is cut in two and not known any more. */
const scrubbedBytes = 4_096;
const sampleLength = 500;
/** Shorter values of headers are words such as `application/json`, not secrets. */
const shortestSecret = 8;

/** What an answer began with, for the log. Our own credentials, which some providers repeat, are taken out first. */
export function answerSample(
  body: Buffer,
  scrubber: Scrubber,
  sent: Readonly<Record<string, string>>,
): string {
  let text = body.subarray(0, scrubbedBytes).toString('utf8');
  const secrets = Object.values(sent).flatMap((value) => [value, ...value.split(/\s+/)]);
  for (const secret of secrets)
    if (secret.length >= shortestSecret) text = text.replaceAll(secret, '[secret]');
  return scrubber.text(text).slice(0, sampleLength);
}
