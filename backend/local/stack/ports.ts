import { createServer } from 'node:net';

const tries = 50;

/** Whether a server could listen there right now. */
export function portIsFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host, exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** The preferred port or the next free one, saying so. `taken` are ports promised to other parts of the stack. */
export async function choosePort(
  what: string,
  preferred: number,
  taken: ReadonlySet<number>,
  say: (line: string) => void,
): Promise<number> {
  for (let port = preferred; port < preferred + tries; port += 1) {
    if (taken.has(port) || !(await portIsFree(port))) continue;
    if (port !== preferred) say(`Port ${preferred} is taken; ${what} uses ${port}.`);
    return port;
  }
  throw new Error(`No free port for ${what} from ${preferred} to ${preferred + tries - 1}.`);
}
