const quote = 0x22;
const backslash = 0x5c;

/**
 * Parses UTF-8 JSON that must be an object and must not name a member twice, at any depth: parsers disagree on which of two
 * counts. Throws SyntaxError or TypeError.
 */
export function parseStrictObject(bytes: Uint8Array): Record<string, unknown> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new SyntaxError('not a JSON object');
  if (repeatsMember(text)) throw new SyntaxError('a member is named twice');
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `json` has been parsed, so a string that a colon follows is a member's name. */
function repeatsMember(json: string): boolean {
  const open: Set<string>[] = [];
  const colon = /\s*:/y;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      colon.lastIndex = end;
      if (colon.test(json)) {
        const name = JSON.parse(json.slice(at, end)) as string;
        const names = open.at(-1);
        if (names?.has(name) === true) return true;
        names?.add(name);
      }
      at = end - 1;
    }
  }
  return false;
}

/** The index behind the closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1;
  return at + 1;
}
