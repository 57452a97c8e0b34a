import { relative } from 'node:path';
import type { StackFile } from '../../backend/local/stack/stack-file.ts';

export interface BannerContent {
  stack: StackFile;
  /** Where all of it is written down. */
  stackFile: string;
  /** Which Postgres it is. */
  database: string;
  /** The demo user's. */
  token: string;
  /** The names of the features that are there. */
  modules: readonly string[];
}

/** What a newcomer needs, at the end of the first start. */
export function banner({ stack, stackFile, database, token, modules }: BannerContent): string {
  const { apiUrl, supabaseUrl, users } = stack;
  const authorization = '-H "Authorization: Bearer $(npm run -s token)"';
  const commands = [
    `curl -s ${apiUrl}/health`,
    `curl -s ${apiUrl}/api/v1/me ${authorization}`,
    modules.includes('recipes')
      ? `curl -s ${apiUrl}/api/v1/recipes ${authorization} -H 'Content-Type: application/json' -d '{"title":"Pancakes"}'`
      : `curl -s ${apiUrl}/api/v1/openapi.json`,
  ];
  return `
Bulwark is up.

  API      ${apiUrl}/api/v1
  Docs     ${apiUrl}/docs
  Console  ${apiUrl}/admin/ (as ${users.admin.email}; the password is in ${shortest(stackFile)})
  Health   ${apiUrl}/health
  Sockets  ${apiUrl.replace('http', 'ws')} (Socket.IO)
  Auth     ${supabaseUrl} (local emulator)
  Database ${database}; its URL and all keys are in ${shortest(stackFile)}

  Demo user   ${users.demo.email}
  Access token
${token}

Try it in another terminal:

${commands.map((command) => `  ${command}`).join('\n')}

Ctrl-C stops everything; the data stay for the next start.
`;
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
