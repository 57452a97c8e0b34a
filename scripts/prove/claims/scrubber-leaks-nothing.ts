import { namedPlaces, places } from '../../../backend/test/support/hiding-places.ts';
import { encodings, needleOf, plantedValues } from '../../../backend/test/support/planted.ts';
import type * as Privacy from '../../../backend/src/kernel/privacy/index.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

const rounds = 2;

export default defineClaim({
  id: 'scrubber-leaks-nothing',
  phase: 8,
  claim:
    'No planted secret or personal value gets past the scrubber: 31 kinds, in 35 hiding places, in 11 encodings, and values that only a name gives away.',
  bound: '0 leaked',
  seconds: 8,
  async measure({ progress }) {
    const { load } = await import('../servers/load-built.ts');
    const { createScrubber } = await load<typeof Privacy>('kernel/privacy/index');
    const scrubber = createScrubber();
    const leaks: string[] = [];
    let hidden = 0;
    const look = (what: string, value: unknown, ...secrets: string[]): void => {
      hidden += 1;
      const line = JSON.stringify(scrubber.value(value) ?? null);
      if (secrets.some((secret) => line.includes(secret))) leaks.push(what);
    };

    for (let round = 0; round < rounds; round += 1) {
      for (const [place, hide] of Object.entries(places)) {
        progress(place);
        for (const planted of plantedValues())
          for (const [encoding, encode] of Object.entries(encodings)) {
            const text = encode(planted.text);
            const what = `${planted.kind}, ${encoding}, in ${place}`;
            look(what, hide(text), needleOf(planted), text);
          }
      }
      for (const [place, hide] of Object.entries(namedPlaces))
        look(`a word, in ${place}`, hide('quietharbour'), 'quietharbour');
    }
    return {
      figure: `${leaks.length} of ${grouped(hidden)} leaked`,
      holds: leaks.length === 0 && hidden > 10_000,
      faults: leaks.slice(0, 20),
    };
  },
});
