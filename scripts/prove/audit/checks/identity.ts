import { io, type Socket } from 'socket.io-client';
import { counted, faultsOfRefusal, NotApplicable, type AuditCheck } from '../check.ts';
import { forgedTokens } from '../forged-tokens.ts';
import { NoAnswer, type Target } from '../target.ts';

export const tokensOverHttp: AuditCheck = {
  id: 'target-tokens-http',
  phase: 1,
  claim: 'Without a token, and with a forged, unsigned or expired one, nothing is served.',
  bound: 'each refused with 401',
  async look(target) {
    const path = target.protectedPath;
    const without = await target.ask(path);
    if (without.status === 404)
      throw new NotApplicable(`${path} is not there; name a protected path by --protected`);
    const forged = await forgedTokens(target.url.origin, target.token);
    const faults: string[] = [];
    const mustRefuse = (name: string, answer: typeof without) => {
      if (answer.status !== 401) faults.push(`${name}: ${answer.status}`);
      else faults.push(...faultsOfRefusal(name, answer));
    };
    mustRefuse('no token', without);
    for (const [name, token] of forged)
      mustRefuse(name, await target.ask(path, { headers: { authorization: `Bearer ${token}` } }));
    if (without.status === 401 && without.headers['www-authenticate'] === undefined)
      faults.push('no WWW-Authenticate on a 401');
    if (target.token !== undefined) {
      const headers = { authorization: `Bearer ${target.token}` };
      const { status } = await target.ask(path, { headers });
      if (status !== 200) faults.push(`your own token: ${status}`);
    }
    const asked = 1 + forged.length + Number(target.token !== undefined);
    return { figure: `${faults.length} faults over ${asked} requests`, faults };
  },
};

export const tokensOverSockets: AuditCheck = {
  id: 'target-tokens-sockets',
  phase: 1,
  claim:
    'Sockets are refused without a token, with a forged one, and to pages of a foreign origin.',
  bound: 'each refused',
  async look(target) {
    const [, unsigned] = await forgedTokens(target.url.origin, target.token);
    if (!(await servesSockets(target))) throw new NotApplicable('no Socket.IO under /socket.io/');
    const attempts: [name: string, token: string | undefined, origin?: string][] = [
      ['no token', undefined],
      ['an unsigned token', unsigned?.[1]],
      ['a foreign origin', target.token ?? unsigned?.[1], 'https://bulwark-audit.invalid'],
    ];
    const faults: string[] = [];
    for (const [name, token, origin] of attempts)
      if (await admits(target, token, origin)) faults.push(`${name}: admitted`);
    if (target.token !== undefined && !(await admits(target, target.token)))
      faults.push('your own token: refused');
    return counted(
      'as they should be',
      attempts.length + Number(target.token !== undefined),
      faults,
    );
  },
};

/** Engine.IO answers a request that it cannot serve with a code of its own, or opens a session. */
async function servesSockets(target: Target): Promise<boolean> {
  try {
    const { status, body } = await target.ask('/socket.io/?EIO=4&transport=polling');
    return (status === 400 && body.includes('"code"')) || body.startsWith('0{') || status === 403;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
}

/** By an unmodified client, which tries once. */
function admits(target: Target, token: string | undefined, origin?: string): Promise<boolean> {
  target.count();
  const socket: Socket = io(target.url.origin, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    timeout: 10_000,
    rejectUnauthorized: target.trusted,
    auth: token === undefined ? {} : { token },
    ...(origin === undefined ? {} : { extraHeaders: { origin } }),
  });
  return new Promise((resolve) => {
    const done = (admitted: boolean) => {
      socket.disconnect();
      resolve(admitted);
    };
    socket.once('connect', () => {
      done(true);
    });
    socket.once('connect_error', () => {
      done(false);
    });
  });
}
