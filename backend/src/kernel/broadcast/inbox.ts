import { Joi, optional, shape } from '../schema/index.ts';

/** What goes over the line. Without a topic it only says how far its origin has spoken. */
export interface Envelope {
  /** The process that speaks. */
  o: string;
  /** Counts what it has said, from 1. */
  n: number;
  t?: string;
  /** JSON. */
  p?: unknown;
}

const envelope = shape({
  o: Joi.string().guid(),
  n: Joi.number().integer().min(0),
  t: optional(Joi.string().max(200)),
  p: optional(Joi.any()),
});

/** Of so many processes it is known how far they have spoken; who was silent longest is forgotten. */
const mostOrigins = 1_000;

/** Hands on what other processes say, and notices what of it has not arrived. */
export class Inbox {
  readonly #own: string;
  readonly #on: { message(topic: string, payload: unknown): void; gap(): void };
  readonly #spoken = new Map<string, number>();

  constructor(own: string, on: { message(topic: string, payload: unknown): void; gap(): void }) {
    this.#own = own;
    this.#on = on;
  }

  take(message: string): void {
    const said = read(message);
    if (said === undefined || said.o === this.#own) return;
    const before = this.#spoken.get(said.o);
    // What only says where it stands has said nothing new since.
    const expected = before === undefined ? said.n : before + (said.t === undefined ? 0 : 1);
    this.#remember(said.o, Math.max(said.n, before ?? 0));
    if (said.n > expected) this.#on.gap();
    if (said.t !== undefined) this.#on.message(said.t, said.p);
  }

  #remember(origin: string, n: number): void {
    this.#spoken.delete(origin);
    this.#spoken.set(origin, n);
    if (this.#spoken.size <= mostOrigins) return;
    const [silent] = this.#spoken.keys();
    if (silent !== undefined) this.#spoken.delete(silent);
  }
}

/** Whoever may write to the channel may write anything. */
function read(message: string): Envelope | undefined {
  try {
    const result = envelope.validate(JSON.parse(message));
    return result.error ? undefined : result.value;
  } catch {
    return undefined;
  }
}
