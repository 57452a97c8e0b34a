import { counted, faultsOfRefusal, jsonOf, leaks, type AuditCheck } from '../check.ts';
import { NoAnswer, type Answer, type Question, type Target } from '../target.ts';

const nowhere = '/bulwark-audit-nothing-here?secret=1';

export const errorShape: AuditCheck = {
  id: 'target-error-shape',
  phase: 1,
  claim:
    'Refusals are JSON with a code and the id of the request, and show no stack, path or statement.',
  bound: '0 faults in 3 refusals',
  async look(target) {
    const unknown = await target.ask(nowhere);
    const undecodable = await target.ask('/%ff');
    const strange = await target.ask(nowhere, { headers: { 'x-request-id': '<script>"' } });
    const id = unknown.headers['x-request-id'];
    const faults = [
      ...(unknown.status === 404 ? [] : [`an unknown path: ${unknown.status}, not 404`]),
      ...faultsOfRefusal('an unknown path', unknown),
      ...faultsOfRefusal('a path that cannot be decoded', undecodable),
      ...(undecodable.status >= 500
        ? [`a path that cannot be decoded: ${undecodable.status}`]
        : []),
      ...(id === undefined ? ['no X-Request-Id'] : []),
      ...(id !== undefined && jsonOf(unknown)?.requestId !== id
        ? ['the request id is not in the body']
        : []),
      ...(String(strange.headers['x-request-id'] ?? '').includes('<')
        ? ['any request id is repeated']
        : []),
    ];
    return { figure: `${faults.length} faults in 3 refusals`, faults };
  },
};

type Case = [name: string, question: Question, allowed: (status: number) => boolean];

const json = { 'content-type': 'application/json' };
const asClient = (status: number) => status >= 400 && status < 500;
const asUnknown = (status: number) => asClient(status) || status === 501;
/** Whoever has heard enough may also hang up. */
const orCut = (status: number) => asClient(status) || status === cutOff;
const cutOff = 0;

const strange: readonly Case[] = [
  ['TRACE', { method: 'TRACE' }, asUnknown],
  ['PROPFIND', { method: 'PROPFIND' }, asUnknown],
  ['broken JSON', { method: 'POST', headers: json, body: '{"broken' }, asClient],
  ['headers of 40 KB', { headers: { 'x-large': 'x'.repeat(40_000) } }, orCut],
  // Announced and not sent: a server that waits for it has no answer.
  [
    'a body of 1 GB',
    {
      method: 'POST',
      headers: { ...json, 'content-length': String(1024 ** 3) },
      withholdBody: true,
    },
    orCut,
  ],
];

export const strangeRequests: AuditCheck = {
  id: 'target-strange-requests',
  phase: 4,
  claim:
    'Methods that nobody serves, broken JSON, too large headers and too large bodies are refused as the fault of the client.',
  bound: `${strange.length} of ${strange.length} refused with 4xx`,
  async look(target) {
    const faults: string[] = [];
    for (const [name, question, allowed] of strange) {
      const answer = await ask(target, question);
      if (typeof answer === 'string') faults.push(`${name}: ${answer}`);
      else if (!allowed(answer.status)) faults.push(`${name}: ${answer.status}`);
      else if (leaks(answer)) faults.push(`${name}: the answer shows the inside of the server`);
    }
    return counted('refused with 4xx', strange.length, faults);
  },
};

/** Resolves with what was wrong instead of an answer, too. */
async function ask(target: Target, question: Question): Promise<Answer | string> {
  try {
    return await target.ask(target.protectedPath, question);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const cut = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    return cut ? { status: cutOff, headers: {}, body: '' } : error.message;
  }
}
