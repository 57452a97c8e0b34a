import { NoAnswer } from '../target.ts';
import { counted, NotApplicable, type AuditCheck } from '../check.ts';

const halfAYear = 182 * 24 * 3_600;

export const transport: AuditCheck = {
  id: 'target-tls',
  phase: 4,
  claim: 'It proves its name by a certificate, and tells browsers to come over TLS only.',
  bound: '3 of 3 rules',
  async look(target) {
    if (target.url.protocol !== 'https:') throw new NotApplicable('it is asked over plain HTTP');
    const { headers } = await target.ask(target.protectedPath);
    const sts = headers['strict-transport-security'] ?? '';
    const seconds = Number(/max-age=(\d+)/.exec(sts)?.[1] ?? 0);
    return counted('rules', 3, [
      ...(target.trusted ? [] : ['its certificate is not valid for its name']),
      ...(seconds < halfAYear ? [`Strict-Transport-Security for ${seconds} s`] : []),
      ...((await servesPlainHttp(target))
        ? ['the same is served over plain HTTP, without a redirect']
        : []),
    ]);
  },
};

/** Only asked where it would be: on the port of HTTP beside that of HTTPS. */
async function servesPlainHttp({ url, ask, protectedPath }: Parameters<AuditCheck['look']>[0]) {
  if (url.port !== '') return false;
  try {
    const { status } = await ask(new URL(protectedPath, `http://${url.hostname}`).href);
    return status < 300 || status >= 400;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
}
