import { io } from 'socket.io-client';
import { failingWays } from './failing-ways.ts';
import { needleOf, plantedValues, type Planted } from './planted.ts';

/** One failure on our side that the client was told of. */
export interface Failure {
  way: string;
  requestId: string;
}

export interface Failures {
  failures: Failure[];
  /** Everything that was planted. */
  planted: Planted[];
}

/** Makes a server of the failing module fail in every way, over HTTP and sockets, with secrets wherever a client can put them. */
export async function failInEveryWay(server: string, accessToken: string): Promise<Failures> {
  const planted: Planted[] = [];
  /** One for each place, so that a leak tells its place. */
  const note = (): string => {
    const values = plantedValues();
    planted.push(...values);
    return values.map(({ text }) => text).join(' , ');
  };
  const [query, cookie, referer, header, body, handshake, payload] = Array.from(
    { length: 7 },
    note,
  );
  const failures: Failure[] = [];
  for (const way of Object.keys(failingWays)) {
    const url = `${server}/api/v1/fail/${encodeURIComponent(way)}?note=${encodeURIComponent(query ?? '')}`;
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: `u=${encodeURIComponent(cookie ?? '')}`,
        referer: `https://app.example/?u=${encodeURIComponent(referer ?? '')}`,
        'x-note': header ?? '',
      },
      body: JSON.stringify({ note: body }),
    });
    const { requestId } = (await response.json()) as { requestId: string };
    if (response.status < 500) throw new Error(`${way} was answered with ${response.status}`);
    failures.push({ way, requestId });
  }

  const socket = io(server, {
    transports: ['websocket'],
    auth: { token: accessToken },
    query: { note: handshake },
  });
  for (const way of Object.keys(failingWays)) {
    const answer = (await socket.emitWithAck('fail:now', { way, note: payload })) as {
      error?: { requestId: string };
    };
    if (!answer.error) throw new Error(`${way} did not fail over the socket`);
    failures.push({ way: `${way}, over a socket`, requestId: answer.error.requestId });
  }
  socket.disconnect();

  // No failures of ours, but lines in the log.
  const values = plantedValues();
  planted.push(...values);
  for (const { text } of values) {
    const path = `/api/v1/users/${encodeURIComponent(text)}?q=${encodeURIComponent(text)}`;
    const isId = /^[\w.:-]{8,128}$/.test(text);
    await fetch(server + path, { headers: isId ? { 'x-request-id': text } : {} });
    await fetch(`${server}/api/v1/me`, { headers: { authorization: `Bearer ${text.trim()}` } });
  }
  return { failures, planted };
}

/** What of it stands in the text: as it is, URL-encoded, in base64. */
export function findPlanted(text: string, planted: readonly Planted[]): string[] {
  return planted.flatMap((value) => {
    const needle = needleOf(value);
    const forms = {
      'as it is': needle,
      'URL-encoded': encodeURIComponent(needle),
      'URL-encoded twice': encodeURIComponent(encodeURIComponent(needle)),
      'in JSON': JSON.stringify(needle).slice(1, -1),
      'in base64': Buffer.from(value.text).toString('base64').replace(/=+$/, ''),
    };
    return Object.entries(forms)
      .filter(([, form]) => text.includes(form))
      .map(([form]) => `${value.kind}, ${form}: ${needle.slice(0, 80)}`);
  });
}
