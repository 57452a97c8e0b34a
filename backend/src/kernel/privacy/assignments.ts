import type { SensitivityOf } from './sensitive-names.ts';

/** Also of JSON in a string, `\"name\":\"value\"`, of `<name>value</name>` and `name => value`. */
const nameAndSign =
  /(?<![\w.])([A-Za-z_][\w.-]{0,63})\\{0,8}["']?(?:\]?\s{0,3}=>?|\s{0,3}[:>])(\s{0,3})/g;
/** Quoted, quoted within a quoted text, or up to what ends it. */
const valueAfter = /"(?:[^"\\]|\\.)*"?|\\{1,8}"(?:[^"\\]|\\(?!"))*|'[^'\n]*'|[^\s"'\\&,;<>)}\]]+/sy;
/** Header lines are sensitive to their end. */
const headerLine =
  /(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)("?\s{0,2}:\s{0,3})(?!["'[])[^\r\n"']{1,4096}/gi;
const headerSign = /authorization|cookie/i;
/** `name="password"` of a multipart body, the value two lines below. */
const multipart = /(name="([^"\n]{1,64})"\r?\n(?:[\w-]+:[^\n]*\n)?\r?\n)([^\n]+)/g;
/** In prose a colon and a word are no assignment: `password: must be longer`. */
const word = /^[A-Za-z]+[.!?]?$/;
const quotes = /^\\*["']/;
const placeholder = /^\[[a-z]{2,12}$/;

/** Replaces the values of sensitive names: `password=hunter2`, `{"token": "…"}`, `Cookie: …`. */
export function scrubAssignments(text: string, sensitivityOf: SensitivityOf): string {
  const isSensitive = (name: string): boolean => sensitivityOf(name) === 'always';
  let plain = headerSign.test(text) ? text.replace(headerLine, '$1$2[secret]') : text;
  if (plain.includes('name="'))
    plain = plain.replace(multipart, (match, head: string, name: string) =>
      isSensitive(name) ? `${head}[secret]` : match,
    );
  let scrubbed = '';
  let copied = 0;
  // Names that are not sensitive are stepped over without their value, which may hold assignments of its own.
  for (const { 0: head, 1: name = '', 2: space, index } of plain.matchAll(nameAndSign)) {
    const start = index + head.length;
    if (start < copied || !isSensitive(name)) continue;
    valueAfter.lastIndex = start;
    const value = valueAfter.exec(plain)?.[0];
    if (value === undefined || placeholder.test(value)) continue;
    if (space !== '' && head.includes(':') && word.test(value)) continue;
    const [open = ''] = quotes.exec(value) ?? [];
    if (value === open || value === open + open) continue;
    scrubbed += `${plain.slice(copied, start)}${open}[secret]${open.startsWith('\\') ? '' : open}`;
    copied = start + value.length;
  }
  return scrubbed + plain.slice(copied);
}
