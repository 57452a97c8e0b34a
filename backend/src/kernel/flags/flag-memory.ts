import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { KnownFlag } from './decide.ts';

/** All flags, where the revision is not the known one: their table is not looked at when nothing has changed. */
const read = `
  select revision::text as revision, (
    select coalesce(jsonb_agg(jsonb_build_object('name', name, 'enabled', enabled, 'percentage',
      percentage, 'users', users, 'roles', roles)), '[]') from bulwark.flags
  ) as flags
  from bulwark.flags_revision where revision::text is distinct from $1`;

const answerWithinMs = 1_000;

interface Reading {
  revision: string;
  flags: (Pick<KnownFlag, 'enabled' | 'percentage'> & {
    name: string;
    users: string[];
    roles: string[];
  })[];
}

export interface FlagMemoryEvents {
  /** These flags are new, other than before, or gone. */
  changed(names: string[]): void;
  /** The store can be read, or not any more. */
  turned(up: boolean): void;
}

/** What this process knows of the flags. It stays when the store goes. */
export class FlagMemory {
  readonly #db: Database;
  readonly #logger: Logger;
  readonly #events: FlagMemoryEvents;
  #known = new Map<string, { flag: KnownFlag; text: string }>();
  #revision: string | null = null;
  #up: boolean | undefined;
  #last: Promise<void> = Promise.resolve();
  /** A reading that has not begun. */
  #next: Promise<void> | undefined;

  constructor(db: Database, logger: Logger, events: FlagMemoryEvents) {
    this.#db = db;
    this.#logger = logger;
    this.#events = events;
  }

  /** Whether the last reading succeeded. */
  get up(): boolean {
    return this.#up === true;
  }

  /** Whether the store was ever read. */
  get loaded(): boolean {
    return this.#revision !== null;
  }

  get(name: string): KnownFlag | undefined {
    return this.#known.get(name)?.flag;
  }

  /** Resolves when what stood in the store at the time of the call is known here, or cannot be read. Never rejects. */
  refresh(): Promise<void> {
    if (this.#next) return this.#next;
    // One that is under way may have looked already, so that the next one counts.
    const next = this.#last.then(() => {
      this.#next = undefined;
      return this.#read();
    });
    this.#next = next;
    this.#last = next;
    return next;
  }

  async #read(): Promise<void> {
    try {
      const { rows } = await this.#db.statement<Reading>(read, [this.#revision], answerWithinMs);
      const [reading] = rows;
      if (reading) this.#take(reading);
      this.#turn(true);
    } catch (error) {
      this.#turn(false, error);
    }
  }

  #take({ revision, flags }: Reading): void {
    const known = new Map(
      flags.map(({ name, ...rule }) => [
        name,
        {
          flag: { ...rule, users: new Set(rule.users), roles: new Set(rule.roles) },
          text: JSON.stringify(rule),
        },
      ]),
    );
    const names = new Set([...known.keys(), ...this.#known.keys()]);
    const changed = [...names].filter(
      (name) => known.get(name)?.text !== this.#known.get(name)?.text,
    );
    this.#known = known;
    this.#revision = revision;
    if (changed.length > 0) this.#events.changed(changed);
  }

  #turn(up: boolean, error?: unknown): void {
    if (this.#up === up) return;
    const before = this.#up;
    this.#up = up;
    if (!up) this.#logger.warn({ err: error }, 'Flags cannot be read: what is known of them stays');
    else if (before === false) this.#logger.info('Flags are read again');
    this.#events.turned(up);
  }
}
