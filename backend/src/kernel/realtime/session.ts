import type { Socket } from 'socket.io';
import type { Authenticator, Caller, Role, SessionLiveness, UserCaller } from '../auth/index.ts';
import { AppError, socketErrorBody, type ErrorCode } from '../errors/index.ts';
import { userRoom } from './recovery.ts';

export interface SocketSessionOptions {
  authenticator: Authenticator;
  liveness: SessionLiveness;
  expiryWarningMs: number;
}

/**
 * The identity of one open socket over time: warned before its token expires, renewed in band, ended when the token
 * or the session behind it has ended.
 */
export class SocketSession {
  /** The client's address, for whom nobody is signed in. */
  readonly address: string | undefined;
  readonly #socket: Socket;
  readonly #options: SocketSessionOptions;
  #caller: Caller;
  #warned = false;
  #endedBy: ErrorCode | undefined;
  #unwatch: () => void = () => undefined;
  readonly #connectedAt = new Date();

  constructor(
    socket: Socket,
    identity: { caller: Caller; address: string | undefined },
    options: SocketSessionOptions,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.address = identity.address;
    this.#caller = identity.caller;
    this.#follow(identity.caller);
    socket.once('disconnect', () => {
      this.#unwatch();
    });
  }

  get id(): string {
    return this.#socket.id;
  }

  get userId(): string | undefined {
    return this.#caller.kind === 'user' ? this.#caller.userId : undefined;
  }

  get role(): Role | undefined {
    return this.#caller.kind === 'user' ? this.#caller.role : undefined;
  }

  /** Why the server ended this session, where it did. */
  get endedBy(): ErrorCode | undefined {
    return this.#endedBy;
  }

  /** For operators. Without the rooms that every socket is in. */
  describe() {
    const { userId, id } = this;
    const own = [id, userId === undefined ? undefined : userRoom(userId)];
    return {
      id,
      userId: userId ?? null,
      role: this.role ?? null,
      rooms: [...this.#socket.rooms].filter((room) => !own.includes(room)),
      connectedAt: this.#connectedAt,
      transport: this.#socket.conn.transport.name,
    };
  }

  /** Throws TOKEN_EXPIRED from the second of `exp` on. */
  currentCaller(): Caller {
    if (remainingMs(this.#caller) <= 0) throw new AppError('TOKEN_EXPIRED');
    return this.#caller;
  }

  /** To be called often: warns before `exp` and ends at it, by the wall clock, which may jump. */
  checkTime(): void {
    const remaining = remainingMs(this.#caller);
    if (remaining <= 0) {
      this.end(new AppError('TOKEN_EXPIRED'));
    } else if (!this.#warned && remaining <= this.#options.expiryWarningMs) {
      this.#warned = true;
      this.tell('auth:expiring', { expiresAt: expiresAt(this.#caller) });
    }
  }

  /** Takes a fresh token of the same user. Someone else's token ends the connection. */
  async refresh(token: string): Promise<UserCaller> {
    const renewed = await this.#options.authenticator.authenticateToken(token);
    if (this.userId !== renewed.userId) {
      const error = new AppError('TOKEN_INVALID', {
        message: 'The token belongs to someone else.',
      });
      // After the ack is out: the client learns why before the connection goes.
      setImmediate(() => {
        this.end(error);
      });
      throw error;
    }
    this.#follow(renewed);
    return renewed;
  }

  #follow(caller: Caller): void {
    this.#unwatch();
    this.#caller = caller;
    this.#warned = false;
    if (caller.kind !== 'user' || this.#socket.disconnected) return;
    this.#unwatch = this.#options.liveness.watch(caller.claims, (error) => {
      this.end(error);
    });
  }

  /** Tells the client why before the connection goes. `socket:ended` is for what has nothing to do with who they are. */
  end(error: AppError, event: 'auth:ended' | 'socket:ended' = 'auth:ended'): void {
    this.#endedBy = error.code;
    this.tell(event, socketErrorBody(error, { requestId: this.#socket.id, event }));
    this.#socket.disconnect(true);
  }

  /** Ends the connection in a way after which the client connects again by itself. What was acknowledged goes out first. */
  release(): void {
    this.#socket.conn.close();
  }

  /** To this socket at once, past whatever connects the processes. */
  tell(event: string, payload: unknown): void {
    this.#socket.nsp.local.to(this.#socket.id).emit(event, payload);
  }
}

/** ISO 8601, UTC; null for whom nothing expires. */
export const expiresAt = (caller: Caller): string | null =>
  caller.kind === 'user' ? new Date(caller.claims.exp * 1000).toISOString() : null;

const remainingMs = (caller: Caller): number =>
  caller.kind === 'user' ? caller.claims.exp * 1000 - Date.now() : Infinity;
