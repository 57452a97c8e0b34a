/** Characters that nobody sees: zero-width ones, joiners, marks of direction, soft hyphens. */
const invisible =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]/g;
const dashes = /[\u2010-\u2015\u2212]/g;

/** The text as ASCII patterns can read it: no invisible characters, no full-width letters, one kind of dash and space. */
export const folded = (text: string): string =>
  text.replace(invisible, '').normalize('NFKC').replace(dashes, '-');

const percentRun = /(?:%[0-9a-f]{2})+/gi;
const unicodeEscape = /\\u([0-9a-f]{4})/gi;

/** Percent-encoding and JSON's `\u0040` undone once; what is no valid encoding is taken byte by byte. */
export function unescaped(text: string): string {
  const plain = text.includes('%') ? text.replace(percentRun, decodeRun) : text;
  return plain.includes('\\u')
    ? plain.replace(unicodeEscape, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    : plain;
}

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1');
  }
}
