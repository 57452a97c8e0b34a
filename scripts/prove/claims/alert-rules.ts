import { spawnSync } from 'node:child_process';
import { alertsFolders, readAlerts, readAlertTests } from '../../../backend/test/support/alerts.ts';
import { defineClaim } from '../claim.ts';

export default defineClaim({
  id: 'alert-rules',
  phase: 3,
  claim: 'Every alert rule is driven from quiet to firing and back, with the text that it shows.',
  bound: 'every rule, by promtool',
  seconds: 3,
  needs: ['promtool'],
  measure() {
    const alerts = readAlerts();
    const tests = readAlertTests();
    const driven = alerts.filter(({ name }) => {
      const firing = tests.get(name) ?? [];
      return firing[0] === 0 && firing.at(-1) === 0 && firing.some((count) => count > 0);
    });
    const faults = alertsFolders.flatMap((cwd) =>
      [
        ['check', 'rules', 'alerts.yml'],
        ['test', 'rules', 'alerts.test.yml'],
      ].flatMap((args) => {
        const run = spawnSync('promtool', args, { cwd, encoding: 'utf8' });
        return run.status === 0 ? [] : [`${args.join(' ')}: ${run.stdout}${run.stderr}`];
      }),
    );
    const moments = [...tests.values()].flat().length;
    return Promise.resolve({
      figure: `${driven.length} of ${alerts.length} alerts, ${moments} moments, ${faults.length === 0 ? 'all as expected' : 'not all as expected'}`,
      holds: faults.length === 0 && alerts.length > 0 && driven.length === alerts.length,
      faults,
    });
  },
});
