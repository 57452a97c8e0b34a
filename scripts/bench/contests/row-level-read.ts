import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import type { TestStack } from '../../../backend/test/support/stack.ts';
import { contest, type Rules, type Standing } from '../support/contest.ts';
import { startBenchServer } from '../support/start-server.ts';
import { unlimited } from './authenticated-get.ts';

/** As Bulwark asks, without row-level security: the owner of a table passes it. */
const select = `select id, owner_id as "ownerId", title, description, ingredients, steps, tags,
  is_public as "isPublic", servings, prep_minutes as "prepMinutes", version,
  created_at as "createdAt", updated_at as "updatedAt" from public.recipes where id = $1`;

/** GET of one private recipe by its owner, under row-level security, and the same SELECT by a bare pool in bare Express. */
export async function rowLevelRead(
  stack: TestStack,
  startServer: (environment: Readonly<Record<string, string>>) => Promise<ServerProcess>,
  rules?: Rules,
): Promise<Standing[]> {
  const bulwark = await startServer({ ...unlimited });
  const { accessToken } = await stack.signUp();
  const headers = { authorization: `Bearer ${accessToken}` };
  const created = await fetch(`${bulwark.url}/api/v1/recipes`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      title: 'Ragù',
      ingredients: [{ name: 'Beef', quantity: 500, unit: 'g' }],
      steps: ['Brown the beef.', 'Simmer for three hours.'],
      tags: ['slow'],
    }),
  });
  const path = created.headers.get('location') ?? '';
  const bare = await startBenchServer('bare-pool.ts', { ...stack.environment, SQL: select });
  try {
    const contestants = [
      {
        name: 'Bulwark, under row-level security',
        url: bulwark.url + path,
        headers,
        child: bulwark.child,
      },
      { name: 'bare pool in bare Express', url: bare.url + path, headers, child: bare.child },
    ];
    const [mine, theirs] = await Promise.all(
      contestants.map(async ({ url }) => (await fetch(url, { headers })).text()),
    );
    if (mine !== theirs) throw new Error(`The answers differ: ${mine ?? ''} and ${theirs ?? ''}`);
    return await contest(contestants, rules);
  } finally {
    bare.child.kill('SIGTERM');
  }
}
