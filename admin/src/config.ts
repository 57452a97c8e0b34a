/** What the page has to know; `config.json` beside it says so. All three are public. */
export interface ConsoleConfig {
  /** The server's address, without a path; `/` where it serves the page itself. */
  apiUrl: string;
  supabaseUrl: string;
  anonKey: string;
  /** Whether there is a sandbox that can be told to misbehave; in development only. */
  sandbox: boolean;
}

/** Rejects with an Error in words for people. */
export async function loadConfig(): Promise<ConsoleConfig> {
  const response = await fetch('./config.json', { cache: 'no-store' });
  if (!response.ok) throw new Error(`config.json could not be read (${response.status}).`);
  const found = (await response.json()) as Partial<Record<keyof ConsoleConfig, unknown>>;
  const text = (name: keyof ConsoleConfig): string => {
    const value = found[name];
    if (typeof value !== 'string' || value === '') throw new Error(`config.json has no ${name}.`);
    return value;
  };
  return {
    apiUrl: new URL(text('apiUrl'), location.origin).origin,
    supabaseUrl: text('supabaseUrl'),
    anonKey: text('anonKey'),
    sandbox: found.sandbox === true,
  };
}
