import type { LoadRequest } from '../measure/http-load.ts';

/** Limits that a load from one user must not meet. */
export const unlimited = { RATE_LIMIT_SIGNED_IN: '1000000000', RATE_LIMIT_PUBLIC: '1000000000' };

/** Reads under row-level security, and a write every fourth time. Of the probe. */
export const readsAndWrites =
  (url: string, accessToken: string) =>
  (index: number): LoadRequest => {
    const headers = { authorization: `Bearer ${accessToken}` };
    return index % 4 === 3
      ? {
          url: `${url}/api/v1/probe/effects`,
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ key: `effect-${index}` }),
        }
      : { url: `${url}/api/v1/probe/row`, headers };
  };
