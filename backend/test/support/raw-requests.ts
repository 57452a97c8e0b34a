import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends the text over a connection of its own and resolves with all that came back until its end. */
export async function sendRaw(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  return text(socket);
}

const methods = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND', 'MKCOL', 'QUERY'];

/**
 * Requests that no server should keep anything of: one for each pair of a method and a kind of path, the same kinds for
 * every number, with names, values and headers that are made up of it. Pipelined; the last one closes the connection.
 */
export function strangeRequests(
  number: number,
  knownPath: string,
): { count: number; text: string } {
  const requests = methods.flatMap((method) => {
    const made = `made${number}${method.toLowerCase()}`;
    const paths = [
      `/${made}`,
      `/api/v1/${made}?route=${made}`,
      `${knownPath}?${made}=1`,
      `/livez/${made}`,
      `/%ff${made}`,
      `/metrics{route="${made}"}`,
    ];
    return paths.map(
      (path) =>
        `${method} ${path} HTTP/1.1\r\nHost: ${made}\r\nX-Request-Id: request-${made}\r\n` +
        `User-Agent: ${made}\r\nX-${made}: 1\r\nX-HTTP-Method-Override: ${made}\r\n` +
        `Traceparent: 00-${made}\r\nOrigin: https://${made}.test\r\n` +
        `Authorization: Bearer ${made}\r\nContent-Length: 0\r\n`,
    );
  });
  const text = requests
    .map((head, index) => head + (index === requests.length - 1 ? 'Connection: close\r\n' : ''))
    .join('\r\n');
  return { count: requests.length, text: `${text}\r\n` };
}
