/** What a long run of letters and digits may be: a key, a receipt, or text in base64. */
const run = /[A-Za-z0-9+/_-]{8,}={0,2}/g;
const separators = /[/_-]/;
const longParts = /[^/_-]{8,}/g;
/** Longer than any id, digest or name: a receipt, a certificate, an upload. */
const longestId = 200;
const shortestKey = 32;
const longLetters = /[A-Za-z0-9]{32}/;
const keys = /[A-Za-z0-9]{32,}/g;
const unprintable = /[\0-\x08\x0e-\x1f\x7f\ufffd]/;

/** Replaces opaque runs. `hidesSomething` judges the text of those that are base64 of text. */
export function scrubRuns(text: string, hidesSomething: (hidden: string) => boolean): string {
  return text.replace(run, (found) => {
    if (found.length >= longestId && !isPath(found)) return '[blob]';
    if (hidesText(found, hidesSomething)) return '[encoded]';
    if (!separators.test(found)) return scrubKeys(found);
    // The separators of paths and names are letters of base64, too.
    return scrubKeys(
      found.replace(longParts, (part) => (hidesText(part, hidesSomething) ? '[encoded]' : part)),
    );
  });
}

const isPath = (text: string): boolean => text.split(/[/_-]/).length * 12 > text.length;

const scrubKeys = (text: string): string =>
  text.length >= shortestKey && longLetters.test(text)
    ? text.replace(keys, (found) => (looksRandom(found) ? '[key]' : found))
    : text;

/** Neither words nor hexadecimal. */
const looksRandom = (text: string): boolean =>
  /\d/.test(text) && /(?:[a-z].*){3}/.test(text) && /(?:[A-Z].*){3}/.test(text);

function hidesText(base64: string, hidesSomething: (hidden: string) => boolean): boolean {
  if (!beginsPrintable(base64)) return false;
  const hidden = Buffer.from(base64, 'base64').toString('utf8');
  return !unprintable.test(hidden) && hidesSomething(hidden);
}

/** Of ordinary words one in twenty passes this, so that few have to be decoded. */
function beginsPrintable(base64: string): boolean {
  const bits =
    (sextet(base64, 0) << 18) |
    (sextet(base64, 1) << 12) |
    (sextet(base64, 2) << 6) |
    sextet(base64, 3);
  return printable(bits >> 16) && printable((bits >> 8) & 255) && printable(bits & 255);
}

const printable = (byte: number): boolean =>
  (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9;

function sextet(base64: string, index: number): number {
  const code = base64.charCodeAt(index);
  if (code >= 97) return code - 71;
  if (code === 95) return 63;
  if (code >= 65) return code - 65;
  if (code >= 48) return code + 4;
  return code === 47 ? 63 : 62;
}
