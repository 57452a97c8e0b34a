import { AppError } from '../../kernel/errors/index.ts';

/** The versions a caller is content with. */
export type Versions = 'any' | readonly number[];

export const etagOf = (version: number): string => `"${version}"`;

/** Versions named by an If-Match or If-None-Match header. Tags that are not ours match nothing. */
export function versionsIn(header: string): Versions {
  const tags = header.split(',').map((tag) => tag.trim());
  if (tags.includes('*')) return 'any';
  // Compressing proxies weaken our tags (W/"3"); the version in them is still the one that was read.
  return tags.flatMap((tag) => {
    const version = /^(?:W\/)?"(\d{1,9})"$/.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}

/** For writes that must say which version they change. */
export function requiredVersions(ifMatch: string | undefined): Versions {
  if (ifMatch === undefined) throw new AppError('PRECONDITION_REQUIRED');
  return versionsIn(ifMatch);
}

export function alreadyHas(ifNoneMatch: string | undefined, version: number): boolean {
  if (ifNoneMatch === undefined) return false;
  const versions = versionsIn(ifNoneMatch);
  return versions === 'any' || versions.includes(version);
}
