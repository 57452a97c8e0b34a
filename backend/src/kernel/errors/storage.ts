import { AppError } from './app-error.ts';
import { codeTable, type CodeTable, type Thrown } from './code-table.ts';
import type { ErrorCode } from './codes.ts';

/**
 * Every error code of Supabase Storage. The server names the buckets and holds the key, so a missing bucket, a refused
 * signature or an unknown project is ours; the object, its name, size and type are the caller's.
 * Source: supabase/storage, `src/internal/errors/codes.ts`.
 */
export const storageCodes: CodeTable = codeTable([
  ['NOT_FOUND', 'NoSuchKey NoSuchUpload NotFoundException S3VectorNotFoundException'],
  ['DUPLICATE_ENTRY', 'ResourceAlreadyExists KeyAlreadyExists BucketAlreadyExists'],
  ['DUPLICATE_ENTRY', 'ConflictException S3VectorConflictException'],
  ['STATE_CONFLICT', 'ResourceNotEmpty IcebergResourceNotEmpty VectorBucketNotEmpty'],
  ['STATE_CONFLICT', 'S3VectorBucketNotEmpty'],
  ['CONFLICT', 'ResourceLocked TransactionError'],
  ['FORBIDDEN', 'AccessDenied'],
  ['PAYLOAD_TOO_LARGE', 'EntityTooLarge'],
  ['UNSUPPORTED_MEDIA_TYPE', 'InvalidMimeType'],
  ['UNSTORABLE_VALUE', 'InvalidKey'],
  ['VALIDATION_FAILED', 'InvalidRange InvalidUploadId InvalidChecksum MissingPart'],
  ['UPSTREAM_UNAVAILABLE', 'DatabaseTimeout DatabaseConnectionLimit DatabaseReadOnly LockTimeout'],
  ['UPSTREAM_UNAVAILABLE', 'DatabaseError InternalError S3Error SlowDown TusError Aborted'],
  ['UPSTREAM_UNAVAILABLE', 'AbortedTerminate NoAvailableShard ShardNotFound'],
  ['INTERNAL_ERROR', 'NoSuchBucket NoSuchCatalog TenantNotFound InvalidBucketName InvalidRequest'],
  ['INTERNAL_ERROR', 'InvalidJWT InvalidSignature ExpiredToken SignatureDoesNotMatch'],
  ['INTERNAL_ERROR', 'InvalidUploadSignature InvalidAccessKeyId MaximumCredentialsLimit'],
  ['INTERNAL_ERROR', 'MissingContentLength MissingParameter InvalidParameter FeatureNotEnabled'],
  ['INTERNAL_ERROR', 'NotSupported IcebergMaximumResourceLimit S3VectorMaxBucketsExceeded'],
  ['INTERNAL_ERROR', 'S3VectorMaxIndexesExceeded DatabaseInvalidObjectDefinition'],
  ['INTERNAL_ERROR', 'DatabaseSchemaMismatch'],
]);

/** Older storage servers send no code but a status, as a string in the body. */
const storageStatuses: CodeTable = codeTable([
  ['NOT_FOUND', '404'],
  ['DUPLICATE_ENTRY', '409'],
  ['PAYLOAD_TOO_LARGE', '413'],
  ['UNSUPPORTED_MEDIA_TYPE', '415'],
  ['UPSTREAM_UNAVAILABLE', '408 423 429 500 502 503 504 544'],
]);

export function fromStorage(thrown: Thrown): AppError | undefined {
  if (thrown.__isStorageError !== true) return undefined;
  return new AppError(storageErrorCode(thrown), { cause: thrown });
}

function storageErrorCode({ code, statusCode, status }: Thrown): ErrorCode {
  if (typeof code === 'string' && code !== '') return storageCodes.get(code) ?? 'INTERNAL_ERROR';
  // A StorageUnknownError: no answer came.
  if (statusCode === undefined && status === undefined) return 'UPSTREAM_UNAVAILABLE';
  const legacy = String(statusCode ?? status);
  return storageCodes.get(legacy) ?? storageStatuses.get(legacy) ?? 'INTERNAL_ERROR';
}
