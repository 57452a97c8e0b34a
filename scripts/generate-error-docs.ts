/**
 * Writes docs/errors.md from the error codes and their tables.
 *
 *     node scripts/generate-error-docs.ts           writes it
 *     node scripts/generate-error-docs.ts --check   exits with 1 when the file is not what it would write
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { errorCodes, foreignCodes, type ErrorCode } from '../backend/src/kernel/errors/index.ts';

const file = join(import.meta.dirname, '..', 'docs', 'errors.md');

const introduction = `# Errors

<!-- Written by scripts/generate-error-docs.ts. Change the code, not this page. -->

Every failed request is answered with one of the codes below, in production as in development:

\`\`\`json
{
  "error": "VALIDATION_FAILED",
  "message": "The request is not valid.",
  "statusCode": 400,
  "requestId": "5f0c1d0e-8f5e-4f4e-9a53-1c0b2c8a1a11",
  "timestamp": "2025-01-31T12:00:00.000Z",
  "path": "/api/v1/recipes",
  "details": [{ "field": "title", "reason": "is required" }]
}
\`\`\`

- \`error\` is what a program decides by; \`message\` is for people and may change.
- \`details\` is there where single fields are at fault. It names fields and rules, never what was sent.
- With \`Accept: application/problem+json\` the same comes as a problem document of RFC 9457, with \`title\`, \`status\`,
  \`detail\` and \`instance\` beside \`error\`, \`requestId\`, \`timestamp\` and \`details\`.
- A 503 has a \`Retry-After\` header in seconds, a 401 a \`WWW-Authenticate\` header.
- Over sockets the acknowledgement carries the same body, with \`event\` instead of \`path\` and \`retryAfterSeconds\`
  instead of the header.
- A 4xx is for the caller to mend, a 503 for waiting, a 500 for us. Give the \`requestId\` when you report one: stack and
  cause are in the log under it, and nowhere else.
`;

function codeSection(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { status, message }]) => `| \`${code}\` | ${status} | ${message} |`,
  );
  return ['## Codes', '', '| Code | Status | Message |', '| --- | --- | --- |', ...rows].join('\n');
}

function originSection(): string {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const lists = codes.map((code) => {
    const lines = foreignCodes.flatMap(({ source, codes: table }) => {
      const theirs = [...table].filter(([, ours]) => ours === code).map(([name]) => `\`${name}\``);
      return theirs.length === 0 ? [] : [`- ${source}: ${theirs.sort().join(', ')}`];
    });
    return lines.length === 0 ? '' : `### ${code}\n\n${lines.join('\n')}\n`;
  });
  return [
    '## What they stand for',
    '',
    'What Postgres, Supabase and the network report, and the code it becomes. What is not listed is `INTERNAL_ERROR`.',
    '',
    ...lists.filter((list) => list !== ''),
  ].join('\n');
}

async function render(): Promise<string> {
  const markdown = [introduction, codeSection(), originSection()].join('\n\n');
  return format(markdown, { ...(await resolveConfig(file)), parser: 'markdown' });
}

const wanted = await render();
if (!process.argv.includes('--check')) {
  await writeFile(file, wanted);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  console.error('docs/errors.md is out of date. Run: node scripts/generate-error-docs.ts');
  process.exitCode = 1;
}
