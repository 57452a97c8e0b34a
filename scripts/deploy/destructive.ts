/**
 * What a statement could take from the code that runs while it is applied, and from the release that a rollback returns to.
 * A sieve, not a proof: expand first (add, nullable, default), contract in a later release.
 */
const dangers: readonly [pattern: RegExp, why: string][] = [
  [
    /^drop\s+(table|schema|view|materialized\s+view|type|domain|sequence|function|policy|trigger)\b/,
    'drops what running code may use',
  ],
  [/^alter\s[^]*\brename\b/, 'renames what running code may use'],
  [/^truncate\b/, 'removes all rows'],
  [/^delete\s+from\b/, 'removes rows'],
  [/^create\s+unique\s+index\b/, 'refuses rows that running code may write'],
  [/^revoke\b/, 'takes a right that running code may need'],
];

/** Of the parts of an `alter table` between its commas. What it is called and does may stand without the word `column`. */
const tableDangers: readonly [pattern: RegExp, why: string][] = [
  [/\bdrop\s+(?!constraint\b)/, 'drops what running code may use'],
  [/\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b/, 'changes the type of a column'],
  [/\bset\s+not\s+null\b/, 'refuses rows that running code may write'],
  [
    /\badd\s+(constraint|check|unique|primary|foreign|exclude)\b/,
    'refuses rows that running code may write',
  ],
  [
    /\badd\s+(?!constraint\b|table\b)(?![^]*\b(?:default|generated)\b)[^]*\b(?:not\s+null|primary\s+key)\b/,
    'requires a column that running code does not write',
  ],
  [/\b(enable|force)\s+row\s+level\s+security\b/, 'hides rows from running code'],
];
const ofColumn = /\balter\s+(?:column\s+)?\S+\s+drop\s+(?:not|expression|identity)\b/;

/** After which a statement of a `do` block begins. */
const blockWords = /\b(?:do|begin|then|else|loop)\b|\$\w*\$/g;
const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

interface Piece {
  text: string;
  /** Where it begins. */
  at: number;
}

/** One line for each danger: the line's number and why. */
export function destructiveStatements(sql: string): { line: number; why: string }[] {
  // Same length, so that positions stay: comments, texts and the bodies of functions become blanks.
  const bare = sql
    .toLowerCase()
    .replace(/--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'/g, blank)
    .replace(/(\bdo\s+)?(\$\w*\$)[^]*?\2/g, (text, isDone?: string) =>
      isDone === undefined
        ? blank(text)
        : text.replace(blockWords, (word) => ';'.padEnd(word.length)),
    );
  const createsHere = new Set(
    [
      ...bare.matchAll(
        /\bcreate\s+(?:or\s+replace\s+)?(?:unlogged\s+)?(?:table|schema|type|view|function)\s+(?:if\s+not\s+exists\s+)?([\w."]+)/g,
      ),
    ].map(([, name]) => name),
  );
  // What this very file creates is nobody's yet.
  const isNew = (statement: string) => createsHere.has(nameIn(statement) ?? '');
  return piecesOf({ text: bare, at: 0 }, ';')
    .filter(({ text }) => !isNew(text))
    .flatMap(dangersOf)
    .map(({ at, why }) => ({ line: sql.slice(0, at).split('\n').length, why }));
}

function dangersOf(statement: Piece): { at: number; why: string }[] {
  const found = dangers.find(([pattern]) => pattern.test(statement.text));
  if (found !== undefined) return [{ at: statement.at, why: found[1] }];
  if (!/^alter\s+(foreign\s+)?table\b/.test(statement.text)) return [];
  return piecesOf(statement, ',').flatMap(({ text, at }) => {
    const why = tableDangers.find(([pattern]) => pattern.test(text) && !ofColumn.test(text))?.[1];
    return why === undefined ? [] : [{ at, why }];
  });
}

/** What a statement is about. */
function nameIn(statement: string): string | undefined {
  const named = statement.startsWith('create')
    ? /\bon\s+(?:only\s+)?([\w."]+)/
    : /\b(?:table|schema|type|view|function|policy\s+\S+\s+on|from|truncate|on)\s+(?:(?:if\s+exists|only|table|function|schema|all\s+\w+\s+in\s+schema)\s+)*([\w."]+)/;
  return named.exec(statement)?.[1];
}

/** Between separators that stand in no parentheses, without the space around them. */
function piecesOf({ text, at }: Piece, separator: ';' | ','): Piece[] {
  const pieces: Piece[] = [];
  let [depth, from] = [0, 0];
  for (let index = 0; index <= text.length; index += 1) {
    const char = text[index] ?? separator;
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char !== separator || (depth > 0 && index < text.length)) continue;
    const piece = text.slice(from, index);
    const trimmed = piece.trim();
    if (trimmed !== '') pieces.push({ text: trimmed, at: at + from + piece.indexOf(trimmed) });
    from = index + 1;
  }
  return pieces;
}
