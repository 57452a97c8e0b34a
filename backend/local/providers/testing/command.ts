import type { Sandbox } from '../running.ts';

export type Command = <T = unknown>(name: string, body?: object) => Promise<T>;

/** Has a provider of the sandbox do something, as a person does it. Throws what it answers where it refuses. */
export function commandOf({ url }: Pick<Sandbox, 'url'>, provider: string): Command {
  return async <T>(name: string, body: object = {}): Promise<T> => {
    const answer = await fetch(`${url}/_sandbox/${provider}/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${provider} ${name} was answered ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  };
}
