import { basename } from 'node:path';
import { parseEnv } from 'node:util';
import type { Fault } from './fault.ts';
import type { Variables } from './process-environment.ts';
import { isAbsent, type ReadFile, readProblem, readTextFile } from './text-file.ts';

/** The variables of a `.env` file; none where there is no file. */
export function readEnvironmentFile(
  path: string,
  readFile: ReadFile = readTextFile,
): { variables: Variables; faults: readonly Fault[] } {
  const variable = basename(path);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    if (isAbsent(error)) return { variables: {}, faults: [] };
    const remedy = 'Make it a small text file that this user may read, or remove it';
    return { variables: {}, faults: [{ variable, problem: readProblem(error), remedy }] };
  }
  const lines = malformedLines(text);
  if (lines.length === 0) return { variables: parseEnv(text), faults: [] };
  const fault = {
    variable,
    problem: `has lines that are no NAME=value: ${lines.join(', ')}`,
    remedy: 'Mend them, or put # before a comment; close every quote',
  };
  return { variables: parseEnv(text), faults: [fault] };
}

const assignment = /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*(?<value>.*)$/;

/** Node's parser drops what it does not understand; a setting that vanishes in silence is a fault here. */
function malformedLines(text: string): number[] {
  const malformed: number[] = [];
  let open: { quote: string; line: number } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (open !== undefined) {
      if (line.includes(open.quote)) open = undefined;
      continue;
    }
    if (/^\s*(#|$)/.test(line)) continue;
    const value = assignment.exec(line)?.groups?.['value'];
    if (value === undefined || line.includes('\0')) malformed.push(index + 1);
    else open = openQuote(value, index + 1);
  }
  return open === undefined ? malformed : [...malformed, open.line];
}

function openQuote(value: string, line: number): { quote: string; line: number } | undefined {
  const quote = /^["'`]/.exec(value)?.[0];
  return quote === undefined || value.includes(quote, 1) ? undefined : { quote, line };
}
