import type { Audit } from '../../kernel/audit/index.ts';
import { route, type Reply, type Route } from '../../kernel/http/index.ts';

type Definition<P, Q, H, B> = Parameters<typeof route<'admin', P, Q, H, B>>[0];
type Input<P, Q, H, B> = Parameters<Definition<P, Q, H, B>['handler']>[0];

/** What the audit log says of a request to this route. */
interface Audited<I> {
  action: string;
  target: (input: I) => string;
  details?: (input: I) => Readonly<Record<string, unknown>>;
}

type Empty = Record<string, never>;

/** What every door of this module has. */
export const forAdmins = { tag: 'operations', auth: 'admin', rateLimit: 'signed-in' } as const;

/** Makes routes that change something. None can be made without saying what the audit log is to hold of it. */
export function mutationsOf(audit: Audit, onDone: (action: string) => void) {
  return function mutation<P = Empty, Q = Empty, H = Empty, B = undefined>({
    audited,
    ...definition
  }: Omit<Definition<P, Q, H, B>, keyof typeof forAdmins> & {
    audited: Audited<Input<P, Q, H, B>>;
  }): Route {
    return route<'admin', P, Q, H, B>({
      ...forAdmins,
      ...definition,
      handler: async (input: Input<P, Q, H, B>) => {
        const reply = await audit.around(
          {
            actorId: input.caller.userId,
            action: audited.action,
            target: audited.target(input),
            details: audited.details?.(input) ?? {},
            requestId: input.requestId,
          },
          () => definition.handler(input),
          resultOf,
        );
        onDone(audited.action);
        return reply;
      },
    });
  };
}

export type Mutation = ReturnType<typeof mutationsOf>;

/** An answer to a change is small, and is what came of it. */
const resultOf = ({ body }: Reply): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? { ...body } : {};
