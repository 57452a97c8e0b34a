import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { freePort } from '../postgres/throwaway.ts';

const loopback = '127.0.0.1';
const tries = 50;

/** Whether a server could listen on loopback there and be the one that is reached. */
export async function portIsFree(port: number): Promise<boolean> {
  // On macOS one may listen on loopback beside a program that listens on all addresses, and cut it off.
  return !(await answers(port)) && (await canListen(port));
}

function answers(port: number): Promise<boolean> {
  const socket = connect(port, loopback);
  return once(socket, 'connect').then(
    () => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host: loopback, exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

export interface PortChoice {
  /** Who needs it, for people. */
  name: string;
  /** 0 is any free one. */
  preferred: number;
  /** Told when it has to be another one. */
  say: (line: string) => void;
}

/** Starts something on the preferred port or the next free one. */
export async function startOnFreePort<T>(
  { name, preferred, say }: PortChoice,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const port = preferred === 0 ? await freePort() : preferred + attempt;
    if (!(await portIsFree(port))) continue;
    if (preferred !== 0 && port !== preferred) {
      say(`Port ${preferred} is taken; ${name} uses ${port}.`);
    }
    try {
      return await start(port);
    } catch (error) {
      // Between our look at the port and the use of it, another program may have been faster.
      if (await portIsFree(port)) throw error;
    }
  }
  throw new Error(`No free port was found for ${name}, starting at ${preferred}.`);
}
