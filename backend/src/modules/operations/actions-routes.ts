import { notFound, validated } from '../../kernel/errors/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import type { AdminAction, AdminField, KernelAdmin } from '../../kernel/module/index.ts';
import { upstreamErrors } from '../../kernel/resilience/index.ts';
import {
  actionInput,
  actionParams,
  actionResult,
  actions as actionsBody,
  choicesQuery,
  fieldChoices,
} from './actions-schema.ts';
import { forAdmins, type Mutation } from './mutation.ts';

/** A form must not wait for a provider that is down. */
const choicesPatienceMs = 3_000;
const mostChoices = 1_000;
/** What may keep a module from it: a provider, a setting that is missing, somebody who does the same at once. */
const modulesFaults = [
  ...upstreamErrors,
  'UPSTREAM_QUOTA_EXCEEDED',
  'NOT_IMPLEMENTED',
  'CONFLICT',
  'STATE_CONFLICT',
] as const;

export function actionRoutes(admin: Pick<KernelAdmin, 'actions'>, mutation: Mutation): Route[] {
  function known(name: string): AdminAction {
    const action = admin.actions().find((each) => each.name === name);
    if (!action) throw notFound('No such action.');
    return action;
  }

  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/actions',
      summary: 'What the modules can be told to do',
      responses: { 200: { description: 'All actions, with their fields', body: actionsBody } },
      handler: async () => ({
        body: { actions: await Promise.all(admin.actions().map(described)) },
      }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/actions/:name/choices',
      summary: 'The choices of a field, after another one was chosen',
      params: actionParams,
      query: choicesQuery,
      responses: { 200: { description: 'The first thousand', body: fieldChoices } },
      errors: ['NOT_FOUND', ...modulesFaults],
      handler: async ({ params, query }) => {
        const { fields } = known(params.name);
        const field = fields.find(({ name }) => name === query.field);
        if (!field?.choices) throw notFound('No such field with choices.');
        return { body: { choices: (await field.choices(query.chosen)).slice(0, mostChoices) } };
      },
    }),
    mutation({
      method: 'post',
      path: '/admin/actions/:name',
      summary: 'Have a module do something',
      params: actionParams,
      body: actionInput,
      responses: { 200: { description: 'What came of it', body: actionResult } },
      errors: ['NOT_FOUND', ...modulesFaults],
      audited: {
        action: 'actions.run',
        target: ({ params }) => params.name,
        details: ({ body }) => ({ input: body }),
      },
      handler: async ({ params, body, caller, requestId }) => {
        const { input, run } = known(params.name);
        const checked: unknown = validated(input, body, 'body');
        const { message, jobId = null } = await run(checked, {
          callerId: caller.userId,
          requestId,
        });
        return { body: { message, jobId } };
      },
    }),
  ];
}

async function described({ name, title, description, fields, input }: AdminAction) {
  const keys = input.describe().keys as Record<string, { flags?: { presence?: string } }>;
  return {
    name,
    title,
    description,
    fields: await Promise.all(
      fields.map(async (field) => ({
        name: field.name,
        label: field.label,
        kind: field.kind,
        required: keys[field.name]?.flags?.presence === 'required',
        help: field.help ?? null,
        dependsOn: field.dependsOn ?? null,
        choices: await choicesOf(field),
      })),
    ),
  };
}

async function choicesOf({ choices, dependsOn }: AdminField) {
  if (!choices || dependsOn !== undefined) return null;
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, choicesPatienceMs, null);
  try {
    return (await Promise.race([choices(), late]))?.slice(0, mostChoices) ?? null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
