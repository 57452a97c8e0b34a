import type { Caller } from '../../kernel/auth/index.ts';
import type { Cache, Cached, Caches } from '../../kernel/cache/index.ts';
import { AppError, notFound, unauthenticated } from '../../kernel/errors/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import type { CertificateRepository } from './certificate-repository.ts';
import {
  type Certificate,
  type CertificateAnswer,
  knownCertificate,
} from './certificate-schema.ts';
import { nextDay } from './justtcg.ts';
import type { CertificateImages, Psa } from './psa.ts';

export interface CertificateServiceOptions {
  psa: Psa | undefined;
  certificates: CertificateRepository;
  caches: Caches;
  logger: Logger;
}

export type CertificateService = ReturnType<typeof createCertificateService>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const provider = 'psa';

/**
 * Certificates, asked for at PSA as seldom as can be: an answer is good for a day, for a week after that it is served at
 * once while PSA is asked anew, and one that was ever known is served when PSA cannot be asked. Where PSA does not give its
 * images, they are those that were known, and it is good for an hour.
 */
export function createCertificateService(options: CertificateServiceOptions) {
  const { psa, certificates, logger } = options;
  const cache: Cache<Certificate | null> = options.caches.create({
    name: 'catalog.certificates',
    schema: knownCertificate,
    freshMs: dayMs,
    staleMs: 7 * dayMs,
    absentMs: dayMs,
  });

  async function ask(
    number: string,
    signal: AbortSignal,
    keep: { freshMs: number },
  ): Promise<Certificate | null> {
    if (!psa)
      throw new AppError('NOT_IMPLEMENTED', {
        message: 'This server has no access to PSA, so it only shows certificates that it knows.',
      });
    // One for the certificate and one for its images.
    if (!(await certificates.takeCalls(provider, 2, psa.callsPerDay))) throw quotaExceeded();
    const facts = await counted(psa, psa.certificate(number, signal));
    if (!facts) {
      await certificates.countCalls(provider, -1);
      return null;
    }
    let images: CertificateImages;
    try {
      images = await counted(psa, psa.images(number, signal));
    } catch (error) {
      if (!cannotAsk(error)) throw error;
      // The facts are paid for.
      logger.warn({ err: error }, 'A certificate is kept without its images for now');
      images = (await certificates.find(number))?.images ?? [];
      keep.freshMs = hourMs;
    }
    const found = { ...facts, images, lookedUpAt: new Date() };
    await certificates.keep(found);
    return found;
  }

  async function counted<T>(of: Psa, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (!AppError.is(error) || error.code !== 'UPSTREAM_RATE_LIMITED') throw error;
      // PSA counts more than we do, as where others use the same account: nobody asks again today.
      await certificates.countCalls(provider, of.callsPerDay);
      of.noteQuota({ limit: of.callsPerDay, remaining: 0, resetsAt: nextDay() });
      throw quotaExceeded(error);
    }
  }

  return {
    /**
     * Only for who is signed in is PSA asked: its few calls are not for strangers to use up, who get UNAUTHENTICATED where the
     * certificate was never known. Throws NOT_FOUND where PSA knows no such certificate; and, where it was never known,
     * UPSTREAM_QUOTA_EXCEEDED when today's calls are used up, and what a Provider throws.
     */
    async look(caller: Caller, number: string, signal: AbortSignal): Promise<CertificateAnswer> {
      if (caller.kind === 'anonymous') {
        const cached = await cache.peek(number);
        if (cached) return answerOf(cached);
        const known = await certificates.find(number);
        if (!known) throw unauthenticated();
        return asLastKnown(known);
      }
      try {
        return answerOf(await cache.get(number, (...load) => ask(number, ...load), { signal }));
      } catch (error) {
        const known = cannotAsk(error) ? await certificates.find(number) : undefined;
        if (!known) throw error;
        logger.info({ err: error }, 'Certificate served as it was last known');
        return asLastKnown(known);
      }
    },
  };
}

function answerOf({ value, ageMs, state }: Cached<Certificate | null>): CertificateAnswer {
  if (!value) throw notFound('PSA knows no such certificate.');
  return { ...value, state, ageSeconds: Math.floor(ageMs / 1000) };
}

function asLastKnown(known: Certificate): CertificateAnswer {
  const ageMs = Date.now() - known.lookedUpAt.getTime();
  return { ...known, state: 'stale', ageSeconds: Math.floor(ageMs / 1000) };
}

const cannotAsk = (error: unknown): boolean =>
  AppError.is(error) && (error.code.startsWith('UPSTREAM_') || error.code === 'NOT_IMPLEMENTED');

const quotaExceeded = (cause?: unknown): AppError =>
  new AppError('UPSTREAM_QUOTA_EXCEEDED', {
    provider,
    retryAfterSeconds: Math.ceil((nextDay().getTime() - Date.now()) / 1000),
    cause,
  });
