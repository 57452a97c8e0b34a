export { createFlags } from './flags.ts';
export type { FlagsServer } from './flags.ts';
export type { FlagChange, FlagContext, FlagRule, Flags, FlagsAdmin, FlagState } from './types.ts';
