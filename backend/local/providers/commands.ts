import express, { type Request, type Router } from 'express';
import { type Infer, Joi, optional, type Schema, shape } from '../../src/kernel/schema/index.ts';
import type { Deliveries } from './deliveries.ts';
import { inOwnWords } from './driver.ts';

type Body = Record<string, unknown>;

/** By name. What one answers is sent as JSON; it throws what the body has wrong, or `Unknown`. */
export type Commands = Record<string, (body: Body) => unknown>;

/** What a command is about is not there. */
export class Unknown extends Error {}

export const seconds = Joi.number().integer().min(1);
export const clock = shape({ advanceSeconds: seconds });
const webhook = shape({
  url: optional(Joi.string().uri()),
  lost: optional(Joi.boolean()),
  copies: optional(Joi.number().integer().min(1).max(100)),
  reverse: optional(Joi.number().integer().min(2).max(1_000)),
  lateMs: optional(Joi.number().integer().min(1).max(600_000)),
});

export function checked<S extends Schema>(schema: S, body: unknown): Infer<S> {
  const result = schema.validate(body);
  if (result.error) throw result.error;
  return result.value as Infer<S>;
}

/** How what a provider sends gets there. `what`: its word for an event. */
export const deliveryCommands = <E>(
  deliveries: Deliveries<E>,
  sent: (id: string) => E | undefined,
  what: string,
) =>
  ({
    webhook(body) {
      const { url, ...mode } = checked(webhook, body);
      if (url !== undefined) deliveries.to(url);
      deliveries.mode(mode);
      return {};
    },
    redeliver({ event }) {
      const found = sent(String(event));
      if (!found) throw new Unknown(`No such ${what}: ${String(event)}`);
      deliveries.again(found);
      return {};
    },
  }) satisfies Commands;

/** What a person or a test has a provider do, each a POST below `/_sandbox/<provider>/`, and what it has sent. */
export function commandRouter<E>(
  commands: Commands,
  ownWords: { purchase: string; product: string },
  deliveries: Deliveries<E>,
): Router {
  const router = express.Router();
  router.use(express.json({ limit: '100kb' }));
  router.post('/:command', (request: Request, response) => {
    const name = String(request.params.command);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) {
      response.status(404).json({ error: 'No such command', commands: Object.keys(commands) });
      return;
    }
    try {
      response.json(command(inOwnWords(request.body, ownWords)));
    } catch (error) {
      const status = error instanceof Unknown ? 404 : 400;
      response.status(status).json({ error: (error as Error).message });
    }
  });
  router.get('/deliveries', (_request, response) => {
    response.json({ deliveries: deliveries.list() });
  });
  return router;
}
