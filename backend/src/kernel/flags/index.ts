export type { FlagChange, FlagContext, FlagRule, Flags, FlagsAdmin, FlagState } from './types.ts';
