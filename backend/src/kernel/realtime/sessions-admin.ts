import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Server } from 'socket.io';
import { AppError } from '../errors/index.ts';
import type { SocketSession } from './session.ts';

/** One socket, as an operator sees it. */
export interface SocketState {
  id: string;
  processId: string;
  /** Null where nobody is signed in. */
  userId: string | null;
  role: string | null;
  /** Those that features have put it into. */
  rooms: string[];
  connectedAt: Date;
  transport: string;
}

/** What one process has; `sockets` are the newest of its `total`. */
export interface ProcessSockets {
  processId: string;
  total: number;
  sockets: SocketState[];
}

export interface SessionsAdmin {
  /**
   * The sockets of every process that answers within a second, this one first; not `complete` where one did not.
   * `limit` is for each process.
   */
  list(limit: number): Promise<{ processes: ProcessSockets[]; complete: boolean }>;
  /** Ends a socket, in whichever process it is; its client is told and does not come back by itself. False: nobody has it. */
  disconnect(socketId: string): Promise<boolean>;
}

interface Answer {
  questionId: string;
  answer: unknown;
}

export interface SessionsAdminOptions {
  io: Server;
  processId: string;
  sessions: ReadonlySet<SocketSession>;
  /** How many other processes are known to be reached. */
  others: () => Promise<number>;
}

const patienceMs = 1_000;

/** Asks all processes a question over the way on which they also pass on what is said to rooms. */
export function createSessionsAdmin(options: SessionsAdminOptions): SessionsAdmin {
  const { io, processId, sessions, others } = options;
  const waiting = new Map<string, (answer: unknown) => void>();

  function answerTo(question: string, value: unknown): unknown {
    if (question === 'list') return stateOf(Number(value));
    return question === 'disconnect' && endHere(String(value));
  }

  function stateOf(limit: number): ProcessSockets {
    const newest = [...sessions].slice(-limit).reverse();
    return {
      processId,
      total: sessions.size,
      sockets: newest.map((session) => ({ ...session.describe(), processId })),
    };
  }

  function endHere(socketId: string): boolean {
    const session = [...sessions].find(({ id }) => id === socketId);
    session?.end(
      new AppError('FORBIDDEN', { message: 'An operator ended this connection.' }),
      'socket:ended',
    );
    return session !== undefined;
  }

  io.on('bulwark:asked', (questionId: string, question: string, value: unknown) => {
    const answer: Answer = { questionId, answer: answerTo(question, value) };
    io.serverSideEmit('bulwark:answered', answer);
  });
  io.on('bulwark:answered', ({ questionId, answer }: Answer) => {
    waiting.get(questionId)?.(answer);
  });

  /** What the others say in time. */
  async function ask(question: string, value: unknown) {
    const answers: unknown[] = [];
    const patience = new AbortController();
    const timeout = wait(patienceMs, 'late' as const, { signal: patience.signal });
    timeout.catch(() => undefined);
    const questionId = randomUUID();
    const { promise, resolve } = Promise.withResolvers<'all'>();
    try {
      const expected = await Promise.race([others(), timeout]);
      if (expected === 'late') return { answers, complete: false };
      if (expected <= 0) return { answers, complete: true };
      waiting.set(questionId, (answer) => {
        answers.push(answer);
        if (answers.length >= expected) resolve('all');
      });
      io.serverSideEmit('bulwark:asked', questionId, question, value);
      return { answers, complete: (await Promise.race([promise, timeout])) === 'all' };
    } catch {
      // The way to the others is gone.
      return { answers, complete: false };
    } finally {
      waiting.delete(questionId);
      patience.abort();
    }
  }

  return {
    async list(limit) {
      const { answers, complete } = await ask('list', limit);
      return { processes: [stateOf(limit), ...answers.map(revived)], complete };
    },
    async disconnect(socketId) {
      if (endHere(socketId)) return true;
      return (await ask('disconnect', socketId)).answers.includes(true);
    },
  };
}

/** Dates are texts after a journey between processes. */
function revived(answer: unknown): ProcessSockets {
  const process = answer as ProcessSockets;
  return {
    ...process,
    sockets: process.sockets.map((socket) => ({
      ...socket,
      connectedAt: new Date(socket.connectedAt),
    })),
  };
}
