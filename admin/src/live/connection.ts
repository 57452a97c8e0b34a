import { io, type Socket } from 'socket.io-client';
import type { Supabase } from '../session/client.ts';

/** `live`: the server tells of changes. `polling`: it is asked every few seconds. */
export type LiveState = 'live' | 'polling';

export type Topic =
  | 'overview'
  | 'queues'
  | 'jobs'
  | 'logs'
  | 'webhooks'
  | 'billing'
  | 'providers'
  | 'flags'
  | 'sessions'
  | 'audit';

interface Listener {
  onState: (state: LiveState) => void;
  onChanged: (topics: readonly Topic[]) => void;
}

const ackWithinMs = 5_000;
const againAfterMs = 10_000;

/** Watches over a socket, and goes on trying where there is none. Ends by the function it returns. */
export function watch(apiUrl: string, { auth }: Supabase, { onState, onChanged }: Listener) {
  const token = async (renew = false): Promise<string | undefined> => {
    const { data } = renew ? await auth.refreshSession() : await auth.getSession();
    return data.session?.access_token;
  };
  const socket: Socket = io(apiUrl, {
    transports: ['websocket'],
    reconnectionDelayMax: againAfterMs,
    auth: (give) =>
      void token().then((held) => {
        give({ token: held });
      }),
  });
  let again: ReturnType<typeof setTimeout> | undefined;
  const connectLater = () => {
    clearTimeout(again);
    again = setTimeout(() => socket.connect(), againAfterMs);
  };

  socket.on('connected', () => {
    socket
      .timeout(ackWithinMs)
      .emit('operations:watch', {}, (error: Error | null, answer?: { ok: boolean }) => {
        const watching = error === null && answer?.ok === true;
        onState(watching ? 'live' : 'polling');
        // What happened before the watch began was not told.
        if (watching) onChanged(allTopics);
      });
  });
  socket.on('operations:changed', ({ topics }: { topics: Topic[] }) => {
    onChanged(topics);
  });
  socket.on('socket:missed', () => {
    onChanged(allTopics);
  });
  socket.on('auth:expiring', () => {
    void token(true).then((renewed) => {
      if (renewed !== undefined) socket.emit('auth:refresh', { token: renewed }, () => undefined);
    });
  });
  socket.on('connect_error', () => {
    onState('polling');
    // Refused by the server, not unreachable: Socket.IO does not try again by itself.
    if (!socket.active) connectLater();
  });
  socket.on('disconnect', () => {
    onState('polling');
    if (!socket.active) connectLater();
  });

  return () => {
    clearTimeout(again);
    socket.disconnect();
  };
}

export const allTopics: readonly Topic[] = [
  'overview',
  'queues',
  'jobs',
  'logs',
  'webhooks',
  'billing',
  'providers',
  'flags',
  'sessions',
  'audit',
];
