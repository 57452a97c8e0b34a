import type { Socket } from 'socket.io';
import type { Caller, UserCaller } from '../auth/index.ts';

/** Whether a caller may be in a room still; rooms that no rule speaks for are not recovered. */
export interface RoomRule {
  /** What the rooms' names begin with, such as `cooking:`. */
  prefix: string;
  admits(caller: UserCaller, room: string): Promise<boolean>;
}

/** A connection that was lost moments ago, as the adapter keeps it. */
export interface StoredSession {
  sid: string;
  pid: string;
  rooms: readonly string[];
  data: unknown;
  /** Each is an event's name and its values, the last being its place in the stream. */
  missedPackets: readonly (readonly [string, ...unknown[]])[];
}

/** Of a way between processes that keeps what was said for a while. */
export interface SessionStore {
  /** Takes the session out of the store. Rejects or resolves with null where there is none. */
  restore(pid: string, offset: string): Promise<StoredSession | null>;
}

/** Where the client was and what it missed. */
export interface Recovered {
  rooms: readonly string[];
  missed: StoredSession['missedPackets'];
}

/** Nobody is admitted where no rule speaks for the room. */
async function admits(rules: readonly RoomRule[], caller: UserCaller, room: string) {
  const rule = rules.find(({ prefix }) => room.startsWith(prefix));
  return rule !== undefined && (await rule.admits(caller, room));
}

/** Takes a socket out of the rooms that do not admit its user any more; those that no rule speaks for are left alone. */
export async function leaveClosedRooms(
  socket: Socket,
  caller: UserCaller,
  rules: readonly RoomRule[],
): Promise<void> {
  const ruled = [...socket.rooms].filter((room) =>
    rules.some(({ prefix }) => room.startsWith(prefix)),
  );
  await Promise.all(
    ruled.map(async (room) => {
      if (!(await admits(rules, caller, room).catch(() => false))) await socket.leave(room);
    }),
  );
}

/**
 * Gives a client that was away for moments its rooms and what was said in them, once it is authenticated anew. All or
 * nothing: with another user, or a room that does not admit them any more, it is a new connection and enters its rooms
 * again by itself.
 */
export function createRecovery(store: Partial<SessionStore>, rules: readonly RoomRule[]) {
  /** Undefined where there is nothing to go on from. Never rejects. */
  return async (socket: Socket, caller: Caller): Promise<Recovered | undefined> => {
    const { pid, offset } = socket.handshake.auth as { pid?: unknown; offset?: unknown };
    if (caller.kind !== 'user' || typeof pid !== 'string' || typeof offset !== 'string')
      return undefined;
    try {
      const session = await store.restore?.(pid, offset);
      const { userId } = (session?.data ?? {}) as { userId?: unknown };
      if (!session || userId !== caller.userId) return undefined;
      const own = [session.sid, userRoom(caller.userId)];
      const rooms = session.rooms.filter((room) => !own.includes(room));
      const verdicts = await Promise.all(rooms.map((room) => admits(rules, caller, room)));
      if (verdicts.includes(false)) return undefined;
      // By an unchanged `pid` the client knows that it missed nothing.
      Object.assign(socket, { pid: session.pid, recovered: true });
      return { rooms, missed: session.missedPackets };
    } catch {
      return undefined;
    }
  };
}

/** Back into the rooms, and what was said in them meanwhile. */
export function resume(socket: Socket, { rooms, missed }: Recovered): void {
  void socket.join([...rooms]);
  const toIt = socket.nsp.local.to(socket.id);
  for (const [event, ...values] of missed) toIt.emit(event, ...values);
}

export const userRoom = (userId: string): string => `user:${userId}`;
