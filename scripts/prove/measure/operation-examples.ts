import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../../backend/local/stack/paths.ts';
import type { Sandbox } from '../../../backend/local/providers/sandbox.ts';
import type { TestStack } from '../../../backend/test/support/stack.ts';

/** What a schema cannot tell: a call of an operation that succeeds. */
export interface OperationExample {
  /** The path with its parameters filled in, from `/api/v1` on. */
  path?: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Instead of a body, where every byte counts, as with a signature. */
  raw?: string;
}

export interface ExamplePlace {
  /** Of the server. */
  url: string;
  stack: TestStack;
  sandbox: Sandbox;
  tokens: Readonly<Record<'user' | 'admin' | 'service', string>>;
  /** As an admin. Rejects with what was answered where it is no success. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Asks until the answer is good, for ten seconds at most. */
  until<T>(ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T>;
}

/** The default export of a module's `prove/fixtures/openapi-examples.ts`. */
export interface OperationExamples {
  /** Settings that the server needs for them. */
  environment?: Readonly<Record<string, string>>;
  /** Makes what has to be there, and tells the examples by operation id. */
  prepare(place: ExamplePlace): Promise<Readonly<Record<string, OperationExample>>>;
}

/** A module's examples go with its folder. */
const files = join(root, 'backend/src/modules/*/prove/fixtures/openapi-examples.ts');

export async function readExamples(): Promise<OperationExamples[]> {
  return Promise.all(
    globSync(files)
      .sort()
      .map(async (file) => {
        const read = (await import(pathToFileURL(file).href)) as { default: OperationExamples };
        return read.default;
      }),
  );
}

export function examplePlace(
  given: Omit<ExamplePlace, 'ask' | 'until'>,
  signal: AbortSignal,
): ExamplePlace {
  return {
    ...given,
    async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
      const response = await fetch(given.url + path, {
        method,
        signal,
        headers: {
          authorization: `Bearer ${given.tokens.admin}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async until(ask, good) {
      const giveUpAt = performance.now() + 10_000;
      for (;;) {
        const answer = await ask();
        if (good(answer)) return answer;
        if (performance.now() > giveUpAt) throw new Error(JSON.stringify(answer));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}
