import { isIP } from 'node:net';
import { Joi } from '../../schema/index.ts';
import type { Fault } from '../fault.ts';
import { isLoopback } from '../loopback.ts';
import { type Facts, defineSection, secretSetting } from '../section.ts';

/** A URL that names a host, and at most the number of a database. */
const redisUrl = (): Joi.StringSchema =>
  Joi.string()
    .custom((text: string, helpers) => (isRedisUrl(text) ? text : helpers.error('any.invalid')))
    .description(
      'rediss://user:password@host:port (redis:// without TLS), with special characters %-encoded',
    );

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  return (
    /^rediss?:$/.test(protocol) &&
    hostname !== '' &&
    /^(\/\d{0,4})?$/.test(pathname) &&
    search + hash === ''
  );
}

export const redisSection = defineSection({
  owner: 'kernel/redis',
  keys: {
    REDIS_URL: secretSetting(redisUrl(), {
      doc: 'Carries what processes share: rate limits, messages to sockets and to each other, the cache. Without it Postgres does.',
      example: 'rediss://default:your-redis-password@redis.your-domain.com:6379',
      kind: 'connection',
      optional: true,
    }),
  },
  check: ({ REDIS_URL: url }, facts) =>
    url === undefined ? [] : networkFaults(new URL(url.reveal()), facts),
  settings: ({ REDIS_URL: url }) =>
    url === undefined ? ({ kind: 'off' } as const) : ({ kind: 'on', url } as const),
});

/** Whoever reaches Redis can lift every limit and speak to every socket. */
function networkFaults(url: URL, { environment, deployed }: Facts): Fault[] {
  if (!deployed || isLoopback(url.href)) return [];
  const faults: Fault[] = [];
  if (url.password === '')
    faults.push({
      variable: 'REDIS_URL',
      problem: `has no password in ${environment}`,
      remedy: 'Give the Redis account a random password and put it into the URL',
    });
  if (environment === 'production' && url.protocol === 'redis:' && !isPrivate(url.hostname))
    faults.push({
      variable: 'REDIS_URL',
      problem: 'is unencrypted to a public host in production',
      remedy: 'Set it to a rediss:// URL, or to the private address of the server',
    });
  return faults;
}

/** An address or a name that means nothing outside one's own network. */
function isPrivate(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  switch (isIP(host)) {
    case 4:
      return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host);
    case 6:
      return /^f[cd]/.test(host);
    default:
      return !host.includes('.') || /\.(internal|local|lan)$/.test(host);
  }
}
