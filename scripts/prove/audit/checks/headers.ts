import { counted, type AuditCheck } from '../check.ts';
import type { Answer } from '../target.ts';

type Headers = Answer['headers'];
const csp = (headers: Headers): string => String(headers['content-security-policy'] ?? '');

const wanted: readonly [fault: string, holds: (headers: Headers) => boolean][] = [
  [
    'no X-Content-Type-Options: nosniff',
    (headers) => headers['x-content-type-options'] === 'nosniff',
  ],
  ['no Content-Security-Policy', (headers) => csp(headers) !== ''],
  [
    'may be framed (no frame-ancestors, no X-Frame-Options)',
    (headers) =>
      csp(headers).includes('frame-ancestors') || headers['x-frame-options'] !== undefined,
  ],
  ['no Referrer-Policy', (headers) => headers['referrer-policy'] !== undefined],
  ['names its framework (X-Powered-By)', (headers) => headers['x-powered-by'] === undefined],
  ['names its version (Server)', ({ server }) => !/\d/.test(String(server ?? ''))],
  [
    'what is for one user may be kept by caches (no Cache-Control: no-store or private)',
    (headers) => /no-store|private/.test(headers['cache-control'] ?? ''),
  ],
  [
    'a cookie without Secure and HttpOnly',
    (headers) =>
      (headers['set-cookie'] ?? []).every(
        (cookie) => /;\s*secure/i.test(cookie) && /;\s*httponly/i.test(cookie),
      ),
  ],
];

export const headers: AuditCheck = {
  id: 'target-headers',
  phase: 1,
  claim:
    'The answers carry the headers that keep browsers from misusing them, and name no framework.',
  bound: `${wanted.length} of ${wanted.length} rules`,
  async look(target) {
    const answer = await target.ask(target.protectedPath);
    const faults = wanted.flatMap(([fault, holds]) => (holds(answer.headers) ? [] : [fault]));
    return counted('rules', wanted.length, faults);
  },
};

const foreign = 'https://bulwark-audit.invalid';

export const cors: AuditCheck = {
  id: 'target-cors',
  phase: 1,
  claim: 'A page of a foreign origin gets no permission to read answers or to send requests.',
  bound: '0 permissions in 3 requests',
  async look(target) {
    const path = target.protectedPath;
    const preflight = {
      origin: foreign,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization,content-type',
    };
    const answers: [string, Answer][] = [
      ['preflight', await target.ask(path, { method: 'OPTIONS', headers: preflight })],
      ['GET', await target.ask(path, { headers: { origin: foreign } })],
      ['GET of the origin null', await target.ask(path, { headers: { origin: 'null' } })],
    ];
    const faults = answers.flatMap(([name, { headers: given }]) => {
      const allowed = given['access-control-allow-origin'];
      if (allowed === undefined || ![foreign, 'null', '*'].includes(allowed)) return [];
      const credentials =
        given['access-control-allow-credentials'] === 'true' ? ', with credentials' : '';
      return [`${name}: Access-Control-Allow-Origin: ${allowed}${credentials}`];
    });
    return { figure: `${faults.length} permissions in ${answers.length} requests`, faults };
  },
};
