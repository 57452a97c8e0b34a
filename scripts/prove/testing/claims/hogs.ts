import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim } from '../../claim.ts';

/** Hears no signal at all. */
export default defineClaim({
  id: 'hogs',
  phase: 6,
  claim: 'This ends by force only.',
  bound: 'anything',
  seconds: 1_000,
  async measure({ progress }) {
    progress(`process ${process.pid}`);
    await wait(100); // it is on its way
    const end = Date.now() + 600_000;
    while (Date.now() < end);
    return { figure: 'never', holds: true };
  },
});
