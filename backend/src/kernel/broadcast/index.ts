export { createBroadcast } from './broadcast.ts';
export type { Broadcast, BroadcastServer } from './types.ts';
