import { toAppError } from '../../src/kernel/errors/index.ts';
import { openApiDocument, type Reply, type Route } from '../../src/kernel/http/index.ts';
import type { Module } from '../../src/kernel/module/index.ts';
import type { SocketEvent } from '../../src/kernel/realtime/index.ts';
import type { Schema } from '../../src/kernel/schema/index.ts';

/**
 * A module whose answers are held to what it declares. What is not declared becomes an error of its handler, so that the
 * test that met it fails: an unknown status, a body that does not fit its schema, a failure that the document leaves out.
 */
export function checkedModule(module: Module): Module {
  return {
    ...module,
    create(kernel, settings) {
      const parts = module.create(kernel, settings);
      return {
        ...parts,
        ...(parts.routes && { routes: parts.routes.map(checkedRoute) }),
        ...(parts.socketEvents && { socketEvents: parts.socketEvents.map(checkedEvent) }),
      };
    },
  };
}

function checkedRoute(route: Route): Route {
  const name = `${route.method} ${route.path}`;
  const documented = documentedStatuses(route);
  return {
    ...route,
    async handler(input) {
      let reply: Reply;
      try {
        reply = await route.handler(input);
      } catch (error) {
        const { code, statusCode } = toAppError(error);
        if (!documented.includes(statusCode))
          throw new Error(`${name} does not declare ${code}`, { cause: error });
        throw error;
      }
      const { status = 200, body } = reply;
      const declared = route.responses[status];
      if (!declared) throw new Error(`${name} does not declare the status ${status}`);
      if ((declared.contentType === undefined) !== (reply.stream === undefined))
        throw new Error(`${name} streams what it does not declare, or does not stream`);
      if (declared.body) mustFit(declared.body, body, `${name} ${status}`);
      else if (body !== undefined) throw new Error(`${name} does not declare a body of ${status}`);
      return reply;
    },
  };
}

function documentedStatuses(route: Route): number[] {
  const { paths } = openApiDocument([route], '', '') as {
    paths: Record<string, Record<string, { responses: object }>>;
  };
  return Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ responses }) => Object.keys(responses).map(Number));
}

function checkedEvent(event: SocketEvent): SocketEvent {
  return {
    ...event,
    async handler(input) {
      const data = await event.handler(input);
      if (event.ack) mustFit(event.ack, data, event.name);
      return data;
    },
  };
}

/** As the client reads it: after a journey through JSON. */
function mustFit(schema: Schema, value: unknown, where: string): void {
  const journeyed: unknown = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  const { error } = schema.required().validate(journeyed, { abortEarly: false });
  if (error) throw new Error(`${where} answers what it does not declare: ${error.message}`);
}
