export { keepTrying } from './keep-trying.ts';
export { PhaseTimeout, runStartPhases, runStopPhases, StartInterrupted } from './phases.ts';
export type { Phase } from './phases.ts';
export { exitCodes, handleProcessSignals } from './process-signals.ts';
export type { Crash } from './process-signals.ts';
