export { PhaseTimeout, runStartPhases, runStopPhases } from './phases.ts';
export type { Phase } from './phases.ts';
export { exitCodes, handleProcessSignals } from './process-signals.ts';
