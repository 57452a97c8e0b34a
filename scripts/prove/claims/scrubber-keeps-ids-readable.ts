import { harmlessValues } from '../../../backend/test/support/harmless.ts';
import type * as Privacy from '../../../backend/src/kernel/privacy/index.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

export default defineClaim({
  id: 'scrubber-keeps-ids-readable',
  phase: 3,
  claim:
    'Request ids, UUIDs, order numbers, versions, prices, timestamps, hashes, routes and their like pass the scrubber unchanged.',
  bound: 'below 1 % changed',
  seconds: 3,
  async measure() {
    const { load } = await import('../servers/load-built.ts');
    const { createScrubber } = await load<typeof Privacy>('kernel/privacy/index');
    const scrubber = createScrubber();
    const changed = new Map<string, string>();
    let count = 0;
    let faults = 0;
    for (let round = 0; round < 500; round += 1)
      for (const { kind, text } of harmlessValues())
        for (const line of [text, `the value ${text} was seen`, `/api/${text}/x`]) {
          count += 1;
          const shown = scrubber.text(line);
          if (shown === line) continue;
          faults += 1;
          changed.set(kind, `${kind}: ${line} became ${shown}`);
        }
    return {
      figure: `${((100 * faults) / count).toFixed(2)} % of ${grouped(count)} changed`,
      holds: faults / count < 0.01,
      faults: [...changed.values()],
    };
  },
});
