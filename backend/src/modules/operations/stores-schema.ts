import {
  type Infer,
  Joi,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  text,
  uuid,
} from '../../kernel/schema/index.ts';
import { moment, truth, words } from './schema.ts';

/** One who sells, in the sandbox. */
export const store = shape({
  name: words(),
  title: words(),
  products: listOf(words()),
  commands: listOf(words()).description('What can be done to a purchase'),
  now: moment().description('By its own clock'),
  purchases: listOf(
    shape({
      id: words(),
      product: words(),
      status: words().description('In the provider’s words'),
      userId: nullable(words()),
      endsAt: nullable(moment()),
    }),
  ).description('The last 50, newest first'),
  deliveries: listOf(
    shape({
      event: words(),
      type: words(),
      answers: listOf(Joi.number().integer()).description('0 where there was none'),
      delivered: truth(),
    }),
  ).description('Webhooks it sent, the last 50, newest first'),
});
export type SandboxStore = Infer<typeof store>;
export const stores = shape({ stores: listOf(store) });

const commands = [
  ...(['buy', 'renew', 'fail-card', 'recover', 'give-up', 'cancel', 'resume', 'pause'] as const),
  ...(['upgrade', 'refund', 'revoke', 'clock', 'webhook', 'redeliver'] as const),
] as const;
const whole = (least: number, most: number) => Joi.number().integer().min(least).max(most);

/** Which of the fields a command takes is the sandbox’s to say: it refuses the others. */
export const sandboxCommand = shape({
  command: oneOf(...commands),
  purchase: optional(text(1, 255)),
  product: optional(text(1, 255)).description('Bought, or changed to'),
  userId: optional(uuid()).description('Who buys'),
  periodSeconds: optional(whole(1, 31_536_000)),
  advanceSeconds: optional(whole(1, 315_360_000)).description('Of `clock`'),
  event: optional(text(1, 255)).description('Of `redeliver`'),
  lost: optional(truth()).description('Of `webhook`, as the others below; none of them heals it'),
  copies: optional(whole(1, 100)),
  reverse: optional(whole(2, 1_000)),
  lateMs: optional(whole(1, 600_000)),
});
export type SandboxCommand = Infer<typeof sandboxCommand>;
