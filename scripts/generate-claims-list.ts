/**
 * Writes the list of claims into README.md, between its two markers, from the claims themselves.
 *
 *     node scripts/generate-claims-list.ts           writes it
 *     node scripts/generate-claims-list.ts --check   exits with 1 when the list is not what it would write
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { phases } from './prove/claim.ts';
import { claimsFolder, readClaims, type FoundClaim } from './prove/discover.ts';

const file = join(import.meta.dirname, '..', 'README.md');
const [start, end] = ['<!-- claims: written by npm run docs:claims -->', '<!-- /claims -->'];

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A module's own claims are left out: they go with its folder, and this page stays. */
function list(claims: readonly FoundClaim[]): string {
  return [...Map.groupBy(claims, ({ phase }) => phase)]
    .flatMap(([phase, ofPhase]) => [
      `**Phase ${phase}, ${phases[phase]}**`,
      '',
      '| claim | bound | `npm run prove -- …` |',
      '| --- | --- | --- |',
      ...ofPhase.map(
        ({ id, claim, bound }) => `| ${cell(claim)} | ${cell(bound)} | \`--only ${id}\` |`,
      ),
      '',
    ])
    .join('\n');
}

async function render(readme: string): Promise<string> {
  const [before, rest] = readme.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error('README.md has lost its markers.');
  const markdown = `${before}${start}\n\n${list(await readClaims(claimsFolder))}\n${end}${after}`;
  return format(markdown, { ...(await resolveConfig(file)), parser: 'markdown' });
}

const present = await readFile(file, 'utf8');
const wanted = await render(present);
if (!process.argv.includes('--check')) {
  await writeFile(file, wanted);
} else if (present !== wanted) {
  console.error('The claims in README.md are out of date. Run: npm run docs:claims');
  process.exitCode = 1;
}
