import type { Socket } from 'socket.io';
import type { Authenticator, Caller, SessionLiveness, UserCaller } from '../auth/index.ts';
import { AppError, socketErrorBody } from '../errors/index.ts';

export interface SocketSessionOptions {
  authenticator: Authenticator;
  liveness: SessionLiveness;
  expiryWarningMs: number;
}

const endedEvent = 'auth:ended';

/** Longest delay a Node timer holds. */
const longestTimerMs = 2_147_483_647;

/**
 * The identity of one open socket over time: warned before its token expires, renewed in band, ended when the token
 * or the session behind it has ended.
 */
export class SocketSession {
  readonly #socket: Socket;
  readonly #options: SocketSessionOptions;
  #caller: Caller;
  #timers: NodeJS.Timeout[] = [];
  #unwatch: () => void = () => undefined;

  constructor(socket: Socket, caller: Caller, options: SocketSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#caller = caller;
    this.#follow(caller);
    socket.once('disconnect', () => {
      this.#stopFollowing();
    });
  }

  get caller(): Caller {
    return this.#caller;
  }

  /** Takes a fresh token of the same user. Someone else's token ends the connection. */
  async refresh(token: string): Promise<UserCaller> {
    const renewed = await this.#options.authenticator.authenticateToken(token);
    if (this.#caller.kind !== 'user' || this.#caller.userId !== renewed.userId) {
      const error = new AppError('TOKEN_INVALID', {
        message: 'The token belongs to someone else.',
      });
      // After the ack is out: the client learns why before the connection goes.
      setImmediate(() => {
        this.#end(error);
      });
      throw error;
    }
    this.#stopFollowing();
    this.#caller = renewed;
    this.#follow(renewed);
    return renewed;
  }

  #follow(caller: Caller): void {
    if (caller.kind !== 'user' || this.#socket.disconnected) return;
    const remainingMs = caller.claims.exp * 1000 - Date.now();
    this.#after(remainingMs - this.#options.expiryWarningMs, () => {
      this.#socket.emit('auth:expiring', { expiresAt: expiresAt(caller) });
    });
    this.#after(remainingMs, () => {
      this.#end(new AppError('TOKEN_EXPIRED'));
    });
    this.#unwatch = this.#options.liveness.watch(caller.claims, (error) => {
      this.#end(error);
    });
  }

  #after(milliseconds: number, act: () => void): void {
    if (milliseconds > longestTimerMs) return;
    this.#timers.push(setTimeout(act, Math.max(0, milliseconds)));
  }

  #stopFollowing(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#unwatch();
  }

  /** Tells the client why before the connection goes. */
  #end(error: AppError): void {
    this.#stopFollowing();
    const context = { requestId: this.#socket.id, event: endedEvent };
    this.#socket.emit(endedEvent, socketErrorBody(error, context));
    this.#socket.disconnect(true);
  }
}

export const expiresAt = (caller: UserCaller): string =>
  new Date(caller.claims.exp * 1000).toISOString();
