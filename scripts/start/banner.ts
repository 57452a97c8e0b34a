import type { StackFile } from '../../backend/local/stack/stack-file.ts';

/** What a newcomer needs, at the end of the first start. */
export function banner(stack: StackFile, database: string, token: string): string {
  const { apiUrl, supabaseUrl, users } = stack;
  return `
Bulwark is up.

  API      ${apiUrl}/api/v1
  Docs     ${apiUrl}/docs
  Health   ${apiUrl}/health
  Sockets  ${apiUrl.replace('http', 'ws')} (Socket.IO)
  Auth     ${supabaseUrl} (local emulator)
  Database ${database}; its URL and all keys are in .local/stack.json

  Demo user   ${users.demo.email}
  Access token
${token}

Try it in another terminal:

  curl -s ${apiUrl}/health
  curl -s ${apiUrl}/api/v1/me -H "Authorization: Bearer $(npm run -s token)"
  curl -s ${apiUrl}/api/v1/recipes -H "Authorization: Bearer $(npm run -s token)" -H 'Content-Type: application/json' -d '{"title":"Pancakes"}'

Ctrl-C stops everything; the data stay for the next start.
`;
}
