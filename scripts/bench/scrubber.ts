/** An ordinary Sentry event through the scrubber, against a copy of it by structuredClone. Bound for the scrubber: 1 ms. */
import { createScrubber } from '../../backend/src/kernel/privacy/index.ts';
import { ordinaryEvent } from '../../backend/test/support/scrubber-inputs.ts';
import { median, row } from './support/statistics.ts';

const rounds = 9;
const events = 500;
const boundMs = 1;

const scrubber = createScrubber();
const scrubbed: number[] = [];
const copied: number[] = [];
// Every event is new, so nothing is known of it; the first round warms the engine up and is not counted.
for (let round = 0; round <= rounds; round += 1) {
  const some = Array.from({ length: events }, (_, index) => ordinaryEvent(round * events + index));
  const [ours, bare] = [
    millisecondsEach(some, scrubber.value),
    millisecondsEach(some, structuredClone),
  ];
  if (round === 0) continue;
  scrubbed.push(ours);
  copied.push(bare);
}
console.log(row('scrubber', scrubbed, 'ms an event', 3));
console.log(row('structuredClone', copied, 'ms an event', 3));
const ratios = scrubbed.map((ours, round) => ours / (copied[round] ?? Number.NaN));
console.log(row('times a copy', ratios, '', 1));
if (median(scrubbed) > boundMs) process.exitCode = 1;

function millisecondsEach(some: readonly unknown[], work: (event: unknown) => unknown): number {
  const startedAt = performance.now();
  for (const event of some) work(event);
  return (performance.now() - startedAt) / some.length;
}
