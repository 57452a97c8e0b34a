import { createChecks } from '../../checks.ts';
import { defineClaim } from '../../claim.ts';

export default defineClaim({
  id: 'fails',
  phase: 4,
  claim: 'Two of two things are so.',
  bound: '2 of 2',
  seconds: 1,
  async measure({ progress }) {
    const { check, finding } = createChecks(progress);
    await check('one thing', () => undefined);
    await check('another thing', () => {
      throw new Error('it is not so');
    });
    return finding();
  },
});
