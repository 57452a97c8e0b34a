import { defineClaim } from '../../claim.ts';

/** Pays its signal no heed. */
export default defineClaim({
  id: 'never-ends',
  phase: 6,
  claim: 'This ends some time.',
  bound: 'anything',
  seconds: 0,
  async measure({ startServer, progress }) {
    const { child } = await startServer();
    progress(`process ${child.pid ?? 0}`);
    return new Promise(() => undefined);
  },
});
