import { defineClaim } from '../../claim.ts';

export default defineClaim({
  id: 'holds',
  phase: 1,
  claim: 'A database is there.',
  bound: '1 row',
  seconds: 1,
  async measure({ stack, progress }) {
    progress('asking');
    await stack.signUp();
    return { figure: '1 | row', holds: true };
  },
});
