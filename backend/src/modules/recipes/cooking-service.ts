import type { UserCaller } from '../../kernel/auth/index.ts';
import { AppError, forbidden, notFound } from '../../kernel/errors/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import type { CookingRepository } from './cooking-repository.ts';
import type {
  CookingChanges,
  CookingMessage,
  CookingSession,
  CookingState,
} from './cooking-schema.ts';

export interface CookingServiceOptions {
  sessions: CookingRepository;
  events: EventBus;
}

export type CookingService = ReturnType<typeof createCookingService>;

/** One host leads others through a recipe. To who takes no part, a session does not exist. */
export function createCookingService({ sessions, events }: CookingServiceOptions) {
  /** Called after the commit, so nobody is told what did not happen. */
  function announce<N extends keyof CookingChanges>(change: N, payload: CookingChanges[N]): void {
    events.publish(`cooking.${change}`, payload);
  }

  async function find(caller: UserCaller, sessionId: string): Promise<CookingSession> {
    const session = await sessions.find(caller, sessionId);
    if (!session) throw notFound();
    return session;
  }

  return {
    find,

    async create(caller: UserCaller, recipeId: string): Promise<CookingSession> {
      const session = await sessions.create(caller, recipeId);
      if (!session) throw notFound();
      return session;
    },

    async state(caller: UserCaller, sessionId: string): Promise<CookingState> {
      const state = await sessions.state(caller, sessionId);
      if (!state) throw notFound();
      return state;
    },

    /** Open to whoever can read the recipe and was given the session's id. */
    async join(caller: UserCaller, sessionId: string): Promise<void> {
      const outcome = await sessions.join(caller, sessionId);
      if (!outcome) throw notFound();
      if (outcome === 'joined') {
        announce('participant-joined', { sessionId, userId: caller.userId });
      }
    },

    async leave(caller: UserCaller, sessionId: string): Promise<void> {
      const outcome = await sessions.leave(caller, sessionId);
      if (!outcome) throw notFound();
      if (outcome === 'ended') announce('ended', { sessionId, reason: 'host-left' });
      announce('participant-left', { sessionId, userId: caller.userId });
    },

    /** Moves on from `fromStep`. A repeated call finds the step moved already and answers the session as it is. */
    async nextStep(
      caller: UserCaller,
      sessionId: string,
      fromStep: number,
    ): Promise<CookingSession> {
      const moved = await sessions.advance(caller, sessionId, fromStep);
      if (moved) {
        announce('step-changed', { sessionId, currentStep: moved.currentStep });
        return moved;
      }
      const session = await find(caller, sessionId);
      if (session.hostId !== caller.userId) throw forbidden('Only the host moves the step.');
      refuseEnded(session);
      if (session.currentStep === fromStep) throw conflict('There is no further step.');
      return session;
    },

    async addMessage(caller: UserCaller, sessionId: string, text: string): Promise<CookingMessage> {
      refuseEnded(await find(caller, sessionId));
      const message = await sessions.addMessage(caller, sessionId, text);
      announce('message', message);
      return message;
    },
  };
}

function refuseEnded(session: CookingSession): void {
  if (session.status === 'ended') throw conflict('The session has ended.');
}

const conflict = (message: string): AppError => new AppError('CONFLICT', { message });
