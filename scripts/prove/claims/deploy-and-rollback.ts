import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../backend/local/stack/paths.ts';
import { defineClaim } from '../claim.ts';
import { openDeployStand } from '../deploy/stand.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

export default defineClaim({
  id: 'deploy-and-rollback',
  phase: 6,
  claim:
    'Under load, `npm run deploy` brings up a new version and `npm run rollback` the one before, and no request is lost. Every process, the worker too, has its metrics on a port of its own, and nobody else can read the environment that PM2 keeps.',
  bound: '0 lost, the version changes and returns, 3 of 3 processes scraped',
  seconds: 60,
  async measure(surroundings) {
    const stand = await openDeployStand(surroundings);
    const versions: string[] = [];
    const faults: string[] = [];
    const step = async (name: string, work: Promise<{ code: number; output: string }>) => {
      surroundings.progress(name);
      const { code, output } = await work;
      if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output.slice(-3_000)}`);
      versions.push(await stand.version());
    };
    try {
      const description = JSON.parse(
        readFileSync(join(root, 'backend', 'package.json'), 'utf8'),
      ) as object;
      await step('first deploy', stand.deploy());
      stand.startLoad();
      stand.write('backend/package.json', JSON.stringify({ ...description, version: '9.9.9' }));
      await step('second deploy', stand.deploy());
      await step('rollback', stand.rollback());
      const scraped = await stand.scraped();
      if (scraped.length < 3) faults.push(`Only these answer at /metrics: ${scraped.join(', ')}`);
      faults.push(...stand.readable().map((name) => `Others may read ${name}.`));
      const { sent, lost } = await stand.lost();
      if (lost.length > 0) faults.push(describeCounts(summarize(lost).counts));
      const [first, second, third] = versions;
      return {
        figure: `${lost.length} of ${grouped(sent)} requests lost, versions ${versions.join(' → ')}, ${scraped.length} of 3 processes scraped`,
        holds:
          lost.length === 0 &&
          sent > 0 &&
          second === '9.9.9' &&
          first !== second &&
          third === first &&
          faults.length === 0,
        faults,
      };
    } finally {
      await stand.end();
    }
  },
});
