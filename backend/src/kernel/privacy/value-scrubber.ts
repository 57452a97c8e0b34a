import { types } from 'node:util';
import { scrubError } from './error-scrubber.ts';
import type { Sensitivity, SensitivityOf } from './sensitive-names.ts';

const deepest = 10;
/** Of one object, list or map. */
const mostEntries = 200;
/** Of one value altogether, and milliseconds for it: whatever lies beyond is left out, not shown. */
const mostNodes = 10_000;
const longestMs = 100;

export const marks = {
  secret: '[secret]',
  unreadable: '[unreadable]',
  circular: '[circular]',
  deeper: '[deeper]',
  truncated: '[truncated]',
} as const;

export interface Scrubbing {
  text: (text: string) => string;
  sensitivityOf: SensitivityOf;
  /** How a name is written: one may be an email address itself. */
  shownName: (name: string) => string;
  /** As `text`, for places in the code, which repeat from one error to the next. */
  place: (text: string) => string;
}

/** Our own fault, in contrast to one of the value: nothing of the value may be shown then. */
export class ScrubberFault extends Error {
  override readonly name = 'ScrubberFault';
}

function ours(scrub: (text: string) => string, text: string): string {
  try {
    return scrub(text);
  } catch (error) {
    throw new ScrubberFault('The scrubber failed', { cause: error });
  }
}

/** One walk through one value. Bounded in depth, breadth, number and time. */
export class Walk {
  readonly #scrubbing: Scrubbing;
  readonly #path: object[] = [];
  readonly #endsAt = performance.now() + longestMs;
  #nodes = 0;

  constructor(scrubbing: Scrubbing) {
    this.#scrubbing = scrubbing;
  }

  text(text: string): string {
    return this.#isOver() ? marks.truncated : ours(this.#scrubbing.text, text);
  }

  #place(text: string): string {
    return this.#isOver() ? marks.truncated : ours(this.#scrubbing.place, text);
  }

  value(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'object':
        return value === null ? null : this.#guarded(value);
      case 'number':
        return this.#number(value);
      case 'bigint':
      case 'symbol':
        return this.text(String(value));
      case 'function':
        return '[function]';
      case 'boolean':
      case 'undefined':
        return value;
    }
  }

  /** A card's number is one without quotes, too. */
  #number(value: number): unknown {
    if (!Number.isInteger(value) || Math.abs(value) < 1e12) return value;
    const digits = String(value);
    const scrubbed = this.text(digits);
    return scrubbed === digits ? value : scrubbed;
  }

  #isOver(): boolean {
    this.#nodes += 1;
    if (this.#nodes > mostNodes) return true;
    return this.#nodes % 64 === 0 && performance.now() > this.#endsAt && this.#giveUp();
  }

  #giveUp(): true {
    this.#nodes = mostNodes;
    return true;
  }

  readonly #parts = {
    text: (text: string) => this.text(text),
    value: (value: unknown) => this.value(value),
  };

  /** A getter, a proxy or a toJSON may throw; the rest of the value still has to come. */
  #guarded(object: object): unknown {
    if (this.#path.includes(object)) return marks.circular;
    if (this.#path.length >= deepest) return marks.deeper;
    if (this.#isOver()) return marks.truncated;
    this.#path.push(object);
    try {
      return this.#object(object);
    } catch (error) {
      if (error instanceof ScrubberFault) throw error;
      return marks.unreadable;
    } finally {
      this.#path.pop();
    }
  }

  #object(object: object): unknown {
    if (Array.isArray(object)) return this.#list(object);
    if (isError(object)) return scrubError(object, this.#parts);
    if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object))
      return `[${object.byteLength} bytes]`;
    if (types.isBoxedPrimitive(object)) return this.value(object.valueOf());
    if (object instanceof Map || isPairs(object)) return this.#pairs(object);
    if (object instanceof Set) return this.#list(firstOf(object));
    if (object instanceof RegExp) return this.text(String(object));
    // What says itself how it is written (a Date, a URL, a Secret) knows best, but not what may be shown.
    if ('toJSON' in object && typeof object.toJSON === 'function')
      return this.value((object.toJSON as () => unknown)());
    return this.#entries(object, Object.keys(object));
  }

  /** The named properties, scrubbed by name and by value. */
  #entries(object: object, names: readonly string[]): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    const named = pairOf(object);
    let count = 0;
    for (const name of names) {
      count += 1;
      if (count > mostEntries) break;
      const value = read(object, name);
      const inPair =
        named !== undefined && valueNames.has(name) && this.#isSensitivePair(object, named);
      const sensitivity = inPair ? 'always' : this.#scrubbing.sensitivityOf(name);
      const isPlace =
        sensitivity === undefined && typeof value === 'string' && placeNames.has(name);
      put(
        copy,
        ours(this.#scrubbing.shownName, name),
        isPlace ? this.#place(value) : this.#named(sensitivity, value),
      );
    }
    return copy;
  }

  #named(sensitivity: Sensitivity | undefined, value: unknown): unknown {
    if (sensitivity === undefined || isEmpty(value)) return this.value(value);
    if (sensitivity === 'text' && typeof value !== 'string') return this.value(value);
    return marks.secret;
  }

  /** `{name: 'password', value: …}`, and the context of a Joi error, which has a label. */
  #isSensitivePair(object: object, name: string): boolean {
    return this.#scrubbing.sensitivityOf(name) !== undefined || Object.hasOwn(object, 'label');
  }

  /** A name may be followed by its value: `['email', 'a@b.c']`, raw headers. */
  #list(list: readonly unknown[]): unknown[] {
    const copy: unknown[] = [];
    for (let index = 0; index < list.length && index < mostEntries; index += 1) {
      const before = index % 2 === 1 ? list[index - 1] : undefined;
      const sensitivity =
        typeof before === 'string' ? this.#scrubbing.sensitivityOf(before) : undefined;
      copy.push(this.#named(sensitivity, read(list, index)));
    }
    return copy;
  }

  #pairs(pairs: Iterable<unknown>): unknown {
    const copy: Record<string, unknown> = {};
    for (const pair of firstOf(pairs)) {
      const [key, value] = pair as [unknown, unknown];
      const name = typeof key === 'string' ? key : String(this.value(key));
      put(
        copy,
        ours(this.#scrubbing.shownName, name),
        this.#named(this.#scrubbing.sensitivityOf(name), value),
      );
    }
    return copy;
  }
}

/** Of a stack frame, as Sentry names them. */
const placeNames = new Set(['filename', 'abs_path', 'function', 'module']);
const pairNames = ['name', 'key', 'field', 'header', 'label', 'property'] as const;
const valueNames = new Set(['value', 'val', 'values', 'content']);

/** The name that an object gives to the value beside it. */
function pairOf(object: object): string | undefined {
  for (const each of pairNames) {
    if (!Object.hasOwn(object, each)) continue;
    const name = read(object, each);
    if (typeof name === 'string') return name;
  }
  return undefined;
}

/** A fault of a property is of that property alone. */
function read(object: object, name: string | number): unknown {
  try {
    return (object as Record<string | number, unknown>)[name];
  } catch {
    return marks.unreadable;
  }
}

/** `__proto__` is a name like any other, and two names may look the same once they are scrubbed. */
function put(copy: Record<string, unknown>, name: string, value: unknown): void {
  let free = name;
  for (let count = 2; Object.hasOwn(copy, free); count += 1) free = `${name} ${count}`;
  if (free === '__proto__')
    Object.defineProperty(copy, free, { value, enumerable: true, configurable: true });
  else copy[free] = value;
}

function firstOf(values: Iterable<unknown>): unknown[] {
  const first: unknown[] = [];
  for (const value of values) {
    first.push(value);
    if (first.length >= mostEntries) break;
  }
  return first;
}

/** Also one of another realm. */
const isError = (object: object): boolean =>
  object instanceof Error || Object.prototype.toString.call(object) === '[object Error]';

const isPairs = (object: object): object is Iterable<unknown> =>
  object instanceof URLSearchParams || object instanceof Headers || object instanceof FormData;

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || typeof value === 'boolean';
