import { notFound } from '../../kernel/errors/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import type { FlagState } from '../../kernel/flags/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { flagParams, flagRule, flags as flagsBody, flagState } from './flags-schema.ts';
import { forAdmins, type Mutation } from './mutation.ts';
import type { People } from './people.ts';

export function flagRoutes(
  { flags }: Pick<KernelAdmin, 'flags'>,
  people: People,
  mutation: Mutation,
): Route[] {
  const withPeople = (states: readonly FlagState[]) =>
    people.named(states, ({ changedBy, ...state }, named) => ({
      ...state,
      changedBy: named(changedBy),
    }));

  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/flags',
      summary: 'The feature flags',
      responses: { 200: { description: 'All flags', body: flagsBody } },
      handler: async () => ({ body: { flags: await withPeople(await flags.list()) } }),
    }),
    mutation({
      method: 'put',
      path: '/admin/flags/:name',
      summary: 'Make or change a flag',
      description: 'Every process knows of it within two seconds.',
      params: flagParams,
      body: flagRule,
      responses: { 200: { description: 'The flag', body: flagState } },
      audited: {
        action: 'flags.set',
        target: ({ params }) => params.name,
        details: ({ body }) => body,
      },
      errors: ['CONFLICT'],
      handler: async ({ params, body: { version, ...rule }, caller }) => {
        const set = await flags.set(params.name, rule, { changedBy: caller.userId, version });
        const [state] = await withPeople([set]);
        return { body: state };
      },
    }),
    mutation({
      method: 'delete',
      path: '/admin/flags/:name',
      summary: 'Delete a flag',
      description: 'Whoever asks for it gets the default that stands in the code.',
      params: flagParams,
      responses: { 204: { description: 'Gone' } },
      errors: ['NOT_FOUND'],
      audited: { action: 'flags.remove', target: ({ params }) => params.name },
      handler: async ({ params }) => {
        if (!(await flags.remove(params.name))) throw notFound('No such flag.');
        return { status: 204 };
      },
    }),
  ];
}
