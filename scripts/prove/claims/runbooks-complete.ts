import {
  everyMetric,
  metricsNamed,
  metricsServed,
  readAlerts,
  readRunbooks,
  runbookSections,
} from '../../../backend/test/support/alerts.ts';
import { metricsUrl } from '../../../backend/test/support/scrape.ts';
import { defineClaim } from '../claim.ts';

export default defineClaim({
  id: 'runbooks-complete',
  phase: 9,
  claim:
    'Every alert has a page that says what it means, what to look at by command and what to do, and what the pages grep for is there.',
  bound: 'every alert; every search of the metrics finds something on a running server',
  seconds: 3,
  async measure({ startServer }) {
    const server = await startServer({ environment: everyMetric });
    await server.logged('Metrics ready');
    const response = await fetch(`${metricsUrl(server.lines())}/metrics`);
    const served = metricsServed(await response.text());
    const names = [...served].flatMap((name) => [name, `${name}_sum`, `${name}_count`]).join('\n');

    const runbooks = new Map(readRunbooks().map((page) => [page.path, page]));
    const alerts = readAlerts();
    let searches = 0;
    const faults = alerts.flatMap(({ name, expression, runbook }) => {
      const page = runbooks.get(runbook);
      if (!page) return [`${name}: no page`];
      const found: string[] = [];
      const unserved = metricsNamed(expression).filter((metric) => !served.has(metric));
      if (unserved.length > 0) found.push(`no such metric: ${unserved.join(', ')}`);
      for (const section of runbookSections)
        if (!new RegExp(`^## ${section}\\n\\n\\S`, 'm').test(page.text))
          found.push(`no ${section}`);
      for (const [, pattern = ''] of page.text.matchAll(/\/metrics \| grep -E '(.+)'$/gm)) {
        searches += 1;
        // What is counted by a label has no line before it first happens, so the values of labels are left out.
        if (!new RegExp(pattern.replace(/\.\*.*$/, ''), 'm').test(names))
          found.push(`nothing is found by ${pattern}`);
      }
      return found.map((fault) => `${name}: ${fault}`);
    });
    const orphans = [...runbooks.keys()].filter(
      (path) => !alerts.some(({ runbook }) => runbook === path),
    );
    return {
      figure: `${alerts.length} alerts, ${runbooks.size} pages, ${searches} searches of the metrics, ${faults.length + orphans.length} faults`,
      holds: faults.length === 0 && orphans.length === 0 && alerts.length > 0 && searches > 0,
      faults: [...faults, ...orphans.map((path) => `${path}: no alert`)],
    };
  },
});
