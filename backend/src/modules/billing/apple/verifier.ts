import {
  Environment,
  SignedDataVerifier,
  VerificationException,
  VerificationStatus,
  type JWSRenewalInfoDecodedPayload,
  type JWSTransactionDecodedPayload,
  type ResponseBodyV2DecodedPayload,
} from '@apple/app-store-server-library';
import { AppError } from '../../../kernel/errors/index.ts';
import type { AppleEnvironment, AppleSettings } from './settings.ts';

export type AppleOn = Extract<AppleSettings, { kind: 'on' }>;

/** It is not Apple who says this, or not of our app. `message` is ours, for logs: nothing of what was signed is in it. */
export class Unverified extends Error {
  override readonly name = 'Unverified';
}

/**
 * What Apple has signed: chain up to its root, revocation, dates, bundle, app and environment, all by its own library. Each
 * rejects with Unverified, or with UPSTREAM_UNAVAILABLE where Apple cannot be asked whether its certificates still count.
 */
export interface AppleVerifier {
  transaction(signed: string): Promise<JWSTransactionDecodedPayload>;
  renewalInfo(signed: string): Promise<JWSRenewalInfoDecodedPayload>;
  notification(signed: string): Promise<ResponseBodyV2DecodedPayload>;
}

const libraryEnvironments = {
  Production: Environment.PRODUCTION,
  Sandbox: Environment.SANDBOX,
} as const satisfies Record<AppleEnvironment, Environment>;

/** For looking up revocation; the library itself waits half a minute. */
const withinMs = 8_000;
const askAgainSeconds = 30;

export function createVerifier({
  environments,
  rootCertificates,
  onlineChecks,
  bundleId,
  appId,
}: AppleOn): AppleVerifier {
  const verifiers = environments.map(
    (environment) =>
      new SignedDataVerifier(
        [...rootCertificates],
        onlineChecks,
        libraryEnvironments[environment],
        bundleId,
        appId,
      ),
  );

  /** By the verifier of each environment: it is the signed text that says of which it is. */
  async function verified<T>(read: (verifier: SignedDataVerifier) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const verifier of verifiers) {
      try {
        return await inTime(read(verifier));
      } catch (error) {
        if (isOurTrouble(error)) throw unavailable(error);
        failure ??= error;
      }
    }
    throw new Unverified(reasonOf(failure));
  }

  return {
    transaction: (signed) => verified((verifier) => verifier.verifyAndDecodeTransaction(signed)),
    renewalInfo: (signed) => verified((verifier) => verifier.verifyAndDecodeRenewalInfo(signed)),
    notification: (signed) => verified((verifier) => verifier.verifyAndDecodeNotification(signed)),
  };
}

class TooLate extends Error {}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TooLate('Revocation could not be looked up in time'));
    }, withinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const isOurTrouble = (error: unknown): boolean =>
  error instanceof TooLate ||
  (error instanceof VerificationException &&
    error.status === VerificationStatus.RETRYABLE_VERIFICATION_FAILURE);

const unavailable = (cause: unknown): AppError =>
  new AppError('UPSTREAM_UNAVAILABLE', {
    provider: 'apple',
    cause: new Error(reasonOf(cause)),
    retryAfterSeconds: askAgainSeconds,
  });

/** The library's word for it; its causes may quote what was signed. */
function reasonOf(error: unknown): string {
  if (error instanceof VerificationException) return VerificationStatus[error.status];
  return error instanceof TooLate ? error.message : 'not verified';
}
