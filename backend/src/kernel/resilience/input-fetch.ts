import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, interceptors } from 'undici';
import { AppError, validationFailed } from '../errors/index.ts';
import { exchange, UnusableAnswer } from './exchange.ts';
import { isPublicAddress } from './public-address.ts';
import type { InputFetchOptions, InputResponse } from './types.ts';

export interface InputFetchRules {
  version: string;
  /** Resolves names; the system's resolver by default. */
  lookup?: typeof systemLookup;
  /** Lets addresses in that are not public: for tests, whose servers are on this machine. */
  dangerouslyAllow?: (address: string, port: string) => boolean;
}

export interface InputFetch {
  fetch(url: string, options?: InputFetchOptions): Promise<InputResponse>;
  close(): Promise<void>;
}

/** The URL leads somewhere where input has no business. */
class ForbiddenTarget extends Error {
  override readonly name = 'ForbiddenTarget';
}

const defaultDeadlineMs = 10_000;
const defaultMaxBytes = 5 * 1_048_576;
const connectTimeoutMs = 5_000;
const usualPorts: ReadonlySet<string> = new Set(['80', '443']);
const longestUrl = 2_048;
/** Names that nobody on the internet has. */
const ownNames = /(^|\.)(localhost|local|internal)\.?$/i;

/**
 * Fetches what input names. A name is resolved once, by the connection itself, which then goes to exactly the addresses that
 * were checked: an answer of the resolver that changes a moment later (DNS rebinding) changes nothing.
 */
export function createInputFetch({
  version,
  lookup = systemLookup,
  dangerouslyAllow = () => false,
}: InputFetchRules): InputFetch {
  const allowed = (address: string, port: string): boolean =>
    (isPublicAddress(address) && usualPorts.has(port)) || dangerouslyAllow(address, port);

  /** Where one of a name's addresses is not public none of them is taken. */
  const guardedLookup =
    (port: string): LookupFunction =>
    (hostname, options, done) => {
      lookup(hostname, { ...options, all: true }, (error, found) => {
        const addresses = (found as LookupAddress[] | undefined) ?? [];
        const [first] = addresses;
        const fault =
          error ??
          (first === undefined || addresses.some(({ address }) => !allowed(address, port))
            ? new ForbiddenTarget('a name that leads to no public address')
            : null);
        if (fault !== null || first === undefined) done(fault, '', 0);
        else if (options.all === true) done(null, addresses);
        else done(null, first.address, first.family);
      });
    };

  const agent = new Agent({
    pipelining: 0,
    connect: (options, done) => {
      const port =
        options.port === '' ? (options.protocol === 'https:' ? '443' : '80') : options.port;
      const connector = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup(port) });
      connector(options, (error, socket) => {
        if (error !== null) {
          done(error, null);
          return;
        }
        // Whatever led here, this is where the connection is.
        if (allowed(socket.remoteAddress ?? '', port)) done(null, socket);
        else {
          socket.destroy();
          done(new ForbiddenTarget('a connection to no public address'), null);
        }
      });
    },
  });

  /** What can be seen without asking anybody. An address in the place of a name is never resolved, so it is checked here. */
  function check(url: URL): void {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new ForbiddenTarget('not http or https');
    if (url.username !== '' || url.password !== '') throw new ForbiddenTarget('credentials');
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (ownNames.test(host)) throw new ForbiddenTarget('a name of our own network');
    const isAddress = host !== url.hostname || /^[\d.]+$/.test(host);
    if (isAddress ? !allowed(host, port) : !usualPorts.has(port) && !dangerouslyAllow(host, port))
      throw new ForbiddenTarget('no public address on a usual port');
  }

  return {
    async fetch(text, options = {}) {
      const { deadlineMs = defaultDeadlineMs, maxBytes = defaultMaxBytes, field = 'url' } = options;
      const late = AbortSignal.timeout(deadlineMs);
      const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
      try {
        if (text.length > longestUrl || !URL.canParse(text)) throw new ForbiddenTarget('no URL');
        const url = new URL(text);
        check(url);
        const answer = await exchange({
          method: 'GET',
          url,
          headers: {
            accept: options.accept ?? '*/*',
            'accept-encoding': 'gzip, deflate, br',
            'user-agent': `bulwark/${version}`,
          },
          signal,
          maxBytes,
          dispatcher: agent.compose(
            interceptors.decompress({ maxSize: maxBytes, skipErrorResponses: false }),
          ),
          mayFollow(location) {
            check(location);
            return true;
          },
        });
        return { ...answer, url: answer.url.href };
      } catch (error) {
        options.signal?.throwIfAborted();
        throw explained(error, field, late.aborted);
      }
    },
    close: () => agent.destroy(),
  };
}

function explained(error: unknown, field: string, late: boolean): AppError {
  if (late) return new AppError('UPSTREAM_TIMEOUT', { cause: error });
  if (error instanceof ForbiddenTarget)
    return validationFailed([{ field, reason: 'must be a public http or https address' }]);
  if (error instanceof UnusableAnswer)
    return new AppError('UPSTREAM_INVALID_RESPONSE', { cause: error });
  return new AppError('UPSTREAM_UNAVAILABLE', { cause: error });
}
