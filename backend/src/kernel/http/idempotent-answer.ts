import type { UserCaller } from '../auth/index.ts';
import { validationFailed } from '../errors/index.ts';
import { fingerprintOf, parseIdempotencyKey, type Idempotency } from '../idempotency/index.ts';
import type { Once, Reply, Route, RouteInput } from './route.ts';

/** Says of an answer that it was given before and nothing was done again. */
export const replayedHeader = 'Idempotency-Replayed';

/**
 * Answers of a route that declares `idempotency`. `header` is the request's Idempotency-Key. The handler is given `once`, and
 * must answer with what that gave: anything else would be an effect that is not there again for a repetition.
 */
export function idempotentAnswer(route: Route, path: string, idempotency: Idempotency) {
  const operation = `${route.method.toUpperCase()} ${path}`;

  return async (
    input: RouteInput<unknown, unknown, unknown, unknown>,
    header: string | undefined,
  ): Promise<Reply> => {
    const key = keyOf(route, header);
    // Declared routes have a signed-in caller: routeFaults sees to it.
    const caller = input.caller as UserCaller;
    let given: Reply | undefined;
    const once: Once = async (work) => {
      if (given) throw new Error(`${operation} calls once() twice`);
      if (key === undefined) return (given = await idempotency.withoutKey(caller, work));
      const { params, query, headers, body } = input;
      const fingerprint = fingerprintOf({ params, query, headers, body });
      const request = { userId: caller.userId, operation, key, fingerprint };
      const { answer, replayed } = await idempotency.once(caller, request, work);
      return (given = replayed
        ? { ...answer, headers: { ...answer.headers, [replayedHeader]: 'true' } }
        : answer);
    };
    const reply = await route.handler(Object.assign(input, { once }));
    if (reply !== given) throw new Error(`${operation} answers with something else than once()`);
    return reply;
  };
}

function keyOf(route: Route, header: string | undefined): string | undefined {
  if (header !== undefined) return parseIdempotencyKey(header);
  if (route.idempotency === 'required')
    throw validationFailed([{ field: 'idempotency-key', reason: 'is required' }]);
  return undefined;
}
