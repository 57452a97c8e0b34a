export { socketEvent } from './event.ts';
export type { SocketEvent, SocketInput } from './event.ts';
export { createRealtime } from './realtime.ts';
export type { Realtime, RealtimeServer } from './realtime.ts';
