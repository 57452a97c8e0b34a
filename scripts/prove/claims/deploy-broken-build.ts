import { defineClaim } from '../claim.ts';
import { openDeployStand } from '../deploy/stand.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

/** What is wrong with the build, and the file that makes it so. */
const broken: readonly [what: string, path: string, text: string, undo: string][] = [
  ['crashes', 'backend/dist/index.js', 'throw new Error("broken on purpose");', ''],
  ['hangs', 'backend/dist/index.js', 'setInterval(() => undefined, 1000); for (;;);', ''],
  [
    'is never ready',
    'backend/dist/index.js',
    `import { createServer } from 'node:http';
     createServer((_, response) => response.writeHead(503).end()).listen(process.env.PORT, '127.0.0.1');`,
    '',
  ],
  [
    'has a migration that fails',
    'backend/migrations/20991231235900_broken.sql',
    'select 1 / 0;',
    'select 1;',
  ],
  [
    'has a migration that takes something away',
    'backend/migrations/20991231235900_broken.sql',
    'drop table bulwark.migrations;',
    'select 1;',
  ],
  ['does not compile', 'backend/src/broken.ts', 'export const broken: number = "text";', ''],
];

export default defineClaim({
  id: 'deploy-broken-build',
  phase: 6,
  claim:
    'A build that crashes, hangs, is never ready, has a failing or destructive migration or does not compile is refused by `npm run deploy`: it ends with 1, and the release that runs loses no request.',
  bound: 'each refused, 0 lost',
  seconds: 75,
  async measure(surroundings) {
    const stand = await openDeployStand(surroundings);
    const faults: string[] = [];
    let refused = 0;
    try {
      const first = await stand.deploy();
      if (first.code !== 0) throw new Error(first.output.slice(-3_000));
      const index = stand.read('backend/dist/index.js');
      stand.startLoad();
      for (const [what, path, text, undo] of broken) {
        surroundings.progress(what);
        stand.write(path, text);
        const { code, output } = await stand.deploy('--ready-within', '5');
        if (code === 1) refused += 1;
        else faults.push(`a build that ${what} ended with ${code}: ${output.slice(-500)}`);
        stand.write(path, path.endsWith('index.js') ? index : undo);
      }
      const { sent, lost } = await stand.lost();
      if (lost.length > 0) faults.push(describeCounts(summarize(lost).counts));
      return {
        figure: `${refused} of ${broken.length} refused, ${lost.length} of ${grouped(sent)} requests lost`,
        holds: refused === broken.length && lost.length === 0 && sent > 0,
        faults,
      };
    } finally {
      await stand.end();
    }
  },
});
