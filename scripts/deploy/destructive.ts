/**
 * What a statement could take from the code that runs while it is applied, and from the release that a rollback returns to.
 * A sieve, not a proof: expand first (add, nullable, default), contract in a later release.
 */
const dangers: readonly [pattern: RegExp, why: string][] = [
  [
    /\bdrop\s+(table|column|schema|view|materialized\s+view|type|function|policy)\b/i,
    'drops what running code may use',
  ],
  [/\btruncate\b/i, 'removes all rows'],
  [/\brename\s+(to|column|constraint)\b/i, 'renames what running code may use'],
  [/\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b/i, 'changes the type of a column'],
  [/\bset\s+not\s+null\b/i, 'refuses rows that running code may write'],
  [
    /\badd\s+column\s+(?:if\s+not\s+exists\s+)?[^,;]*\bnot\s+null\b(?![^,;]*\bdefault\b)(?![^,;]*\bgenerated\b)/i,
    'requires a column that running code does not write',
  ],
];

/** One line for each danger: the line's number and why. */
export function destructiveStatements(sql: string): { line: number; why: string }[] {
  // Same length, so that positions stay: comments and texts become blanks.
  const bare = sql.replace(/--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'/g, (text) =>
    text.replace(/[^\n]/g, ' '),
  );
  const createsHere = new Set(
    [
      ...bare.matchAll(
        /\bcreate\s+(?:table|schema|type|view)\s+(?:if\s+not\s+exists\s+)?([\w."]+)/gi,
      ),
    ].map(([, name]) => name?.toLowerCase()),
  );
  return dangers
    .flatMap(([pattern, why]) =>
      [...bare.matchAll(new RegExp(pattern, 'gi'))].map((match) => ({ index: match.index, why })),
    )
    .filter(({ index }) => {
      // A table that this very file creates is nobody's yet.
      const statement = bare.slice(bare.lastIndexOf(';', index) + 1, index + 200);
      const named = /\b(?:table|schema|type|view)\s+(?:if\s+exists\s+)?(?:only\s+)?([\w."]+)/i.exec(
        statement,
      )?.[1];
      return named === undefined || !createsHere.has(named.toLowerCase());
    })
    .sort((one, other) => one.index - other.index)
    .map(({ index, why }) => ({ line: sql.slice(0, index).split('\n').length, why }));
}
