import { describe, expect, test } from '@jest/globals';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { collectSections } from '../src/kernel/config/index.ts';
import { errorCodes } from '../src/kernel/errors/index.ts';
import { modules } from '../src/modules.ts';

/** Holds the pages to the tree. A module's own pages go with the module and are not looked at. */
const root = join(import.meta.dirname, '..', '..');
const isIgnored = (name: string): boolean =>
  ['node_modules', 'dist', '.local', '.git'].includes(basename(name));
const ofModules = 'backend/src/modules';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const exists = (path: string): boolean => existsSync(join(root, path));

const pages = globSync('**/*.md', { cwd: root, exclude: isIgnored })
  .filter((path) => !path.startsWith(ofModules))
  .map((path) => ({ path, text: read(path) }));

/** Each match with its page, so that a failing test says where to look. */
function found(pattern: RegExp, among = pages): { page: string; what: string }[] {
  return among.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => ({ page: path, what: match[1] ?? match[0] })),
  );
}

/** As GitHub makes a heading's anchor. */
const anchorsOf = (text: string): string[] =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const withoutCode = (text: string): string => text.replace(/^ *```[^]*?^ *```/gm, '');

/** Inline code and fenced blocks. */
const codeOf = (text: string): string =>
  [...text.matchAll(/^ *```[^]*?^ *```|`[^`\n]+`/gm)].map(([code]) => code).join('\n');
const code = pages.map(({ path, text }) => ({ path, text: codeOf(text) }));

/** What a build makes stands for the source that it is made from. */
function sourceOf(path: string): string {
  const inDist = /^(?:backend\/)?dist(?:\/(.*))?$/.exec(path);
  return inDist ? join('backend/src', (inDist[1] ?? '').replace(/\.js$/, '.ts')) : path;
}

describe('what the pages name is there', () => {
  test('pages are found', () => {
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/architecture.md', 'backend/local/README.md']),
    );
  });

  test('links lead to files, and to headings in them', () => {
    const links = found(/\]\((?!https?:|mailto:)([^)\s]+)\)/g);
    expect(links.length).toBeGreaterThan(10);
    const dead = links.filter(({ page, what }) => {
      const [path = '', anchor] = what.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (target.startsWith(ofModules) || target.startsWith('..') || !exists(target)) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  test('paths lead to files', () => {
    const paths = found(
      /(?<![\w./~@:-])((?:backend|scripts|docs|dist|\.ci|\.github)\/[\w./-]*)/g,
      code,
    );
    expect(paths.length).toBeGreaterThan(30);
    const dead = paths.filter(({ what }) => {
      const path = sourceOf(what.replace(/[./]+$/, ''));
      return !path.startsWith(ofModules) && !exists(path);
    });
    expect(dead).toEqual([]);
  });

  test('files at the root are there', () => {
    const files = found(/`((?:\.[a-z][\w.-]*|[\w-]+)\.(?:json|js|cjs|mjs|sh|md|example))`/g).filter(
      ({ page }) => !page.startsWith('backend/'),
    );
    expect(files.length).toBeGreaterThan(5);
    const dead = files.filter(({ page, what }) => {
      const besides = ['', dirname(page), 'scripts', 'backend/config'];
      return !besides.some((folder) => exists(join(folder, what)));
    });
    expect(dead).toEqual([]);
  });

  test('npm scripts are in package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = found(/npm run (?:-s |--silent )?([a-z][\w:-]*)/g);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ what }) => !Object.hasOwn(scripts, what))).toEqual([]);
  });
});

describe('names in capitals', () => {
  const { kernel, modules: ofEachModule } = collectSections(modules);
  const settings = [...Object.values(kernel), ...Object.values(ofEachModule)].flatMap(({ keys }) =>
    Object.entries(keys).flatMap(([name, { alias, secret }]) => [
      name,
      ...(alias === undefined ? [] : [alias]),
      ...(secret === false ? [] : [`${name}_FILE`]),
    ]),
  );
  const codes = Object.keys(errorCodes);
  // The tools around the server have variables of their own.
  const tools = globSync(
    [
      'scripts/**/*.{ts,mjs}',
      'backend/local/**/*.ts',
      '.github/workflows/*.yml',
      'ecosystem.config.js',
    ],
    {
      cwd: root,
      exclude: (name) => isIgnored(name) || name.endsWith('.test.ts'),
    },
  )
    .map(read)
    .join('\n');
  const isOfATool = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(tools);
  /** Codes and variables of Node.js that its users meet. */
  const ofNode = ['ERR_UNKNOWN_FILE_EXTENSION', 'NODE_EXTRA_CA_CERTS', 'SELF_SIGNED_CERT_IN_CHAIN'];

  test('with an underscore are settings, error codes or variables of a tool', () => {
    // The table of foreign codes has a test of its own beside kernel/errors.
    // What was decided for a module stays on record when the module goes.
    const own = pages.filter(
      ({ path }) => path !== 'docs/errors.md' && !path.startsWith('docs/decisions/'),
    );
    const named = found(/(?<![\w.])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w|\.\w)/g, own);
    expect(named.length).toBeGreaterThan(50);
    const unknown = named.filter(
      ({ what }) =>
        !settings.includes(what) &&
        !codes.includes(what) &&
        !ofNode.includes(what) &&
        !isOfATool(what),
    );
    expect(unknown).toEqual([]);
  });

  test('beside a status are error codes', () => {
    const named = found(/\b[45]\d\d(?: \||) +`([A-Z][A-Z_]+)`/g);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ what }) => !codes.includes(what))).toEqual([]);
  });

  test('that are assigned a value are settings, variables of a tool or used on that page', () => {
    const assigned = found(
      /(?<![\w$])([A-Z][A-Z0-9_]*)=(?=[^\s=])/g,
      code.filter(({ path }) => !path.startsWith('docs/decisions/')),
    );
    expect(assigned.length).toBeGreaterThan(5);
    const unknown = assigned.filter(
      ({ page, what }) =>
        !settings.includes(what) && !isOfATool(what) && !read(page).includes(`$${what}`),
    );
    expect(unknown).toEqual([]);
  });
});
