import { createHash } from 'node:crypto';

/** Texts are written in repositories and so are few; one that is made up anew each time must not fill the server. */
const mostStatements = 200;

/** Postgres' codes for a statement that is not prepared, or whose answer would have other columns than when it was. */
const gone = '26000';
const outdated = '0A000';

/**
 * Reads that Postgres parses and plans once a connection. A plan made under row-level security is only used for the role
 * that it was made for; Postgres sees to that. Behind a transaction pooler the next message may reach another server
 * connection, where the name means nothing: the read is then skipped whole and tried again without a name, and from there
 * on nothing is named any more.
 */
export class PreparedStatements {
  #enabled: boolean;
  readonly #onDisabled: () => void;
  readonly #names = new Map<string, string>();
  /** What has answered once on a connection, and so is prepared there. */
  #kept = new WeakMap<object, Set<string>>();

  constructor(enabled: boolean, onDisabled: () => void) {
    this.#enabled = enabled;
    this.#onDisabled = onDisabled;
  }

  /** The same for the same text in every process. Undefined where the text goes without a name. */
  nameOf(text: string): string | undefined {
    if (!this.#enabled) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= mostStatements) return known;
    const name = `bulwark_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    this.#names.set(text, name);
    return name;
  }

  isKept(connection: object, name: string): boolean {
    return this.#kept.get(connection)?.has(name) ?? false;
  }

  keep(connection: object, name: string): void {
    const names = this.#kept.get(connection);
    if (names) names.add(name);
    else this.#kept.set(connection, new Set([name]));
  }

  /** Whether the error is about being prepared, so that the same read may be tried again at once. */
  recoversFrom(error: unknown): boolean {
    const code = (error as { code?: unknown } | null)?.code;
    if (!this.#enabled || (code !== gone && code !== outdated)) return false;
    this.#kept = new WeakMap();
    if (code === gone) {
      this.#enabled = false;
      this.#onDisabled();
    }
    return true;
  }
}
