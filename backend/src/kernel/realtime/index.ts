export { socketEvent } from './event.ts';
export type { SocketEvent, SocketInput } from './event.ts';
export type { RoomRule } from './recovery.ts';
export { createRealtime } from './realtime.ts';
export type { Realtime, RealtimeServer } from './realtime.ts';
export type { ProcessSockets, SessionsAdmin, SocketState } from './sessions-admin.ts';
