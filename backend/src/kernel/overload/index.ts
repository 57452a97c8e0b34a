export type { EventLoopSampler } from './event-loop-delay.ts';
export { createLoadShedder } from './load-shedder.ts';
export type { LoadShedder, WorkKind } from './load-shedder.ts';
