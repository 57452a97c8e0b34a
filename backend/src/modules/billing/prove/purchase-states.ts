import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { grouped } from '../../../../../scripts/prove/measure/summary.ts';
import { viewAt } from '../entitled.ts';
import { grants, stateAt } from '../state.ts';
import { products } from '../testing/products.ts';
import { at, leewayMs, muchLater, table } from '../testing/state-table.ts';
import { stored, truth } from '../testing/truths.ts';
import { providerNames } from '../truth.ts';

const moments = [-1, 0, 1];
const rules = { renewalLeewayMs: leewayMs, sandboxGrants: true };

export default defineClaim({
  id: 'purchase-states',
  phase: 2,
  claim:
    'A purchase of any provider is in its right state one second before each of its boundaries, at it and one second after; and of two purchases that overlap, what either gives is given.',
  bound: 'every state right, every pair right',
  seconds: 3,
  measure({ progress }) {
    const faults: string[] = [];
    let states = 0;
    for (const provider of providerNames)
      for (const [name, fields, ...expected] of table) {
        const purchase = truth({ provider, periodEndsAt: muchLater, ...fields });
        for (const [index, seconds] of moments.entries()) {
          states += 1;
          const state = stateAt(purchase, at(seconds), leewayMs);
          if (state !== expected[index])
            faults.push(`${provider}, ${name}, T${seconds} s: ${state}`);
        }
      }
    progress('pairs');
    const names = {
      stripe: 'price_pro_monthly',
      apple: 'test.bulwark.pro.monthly',
      google: 'pro_monthly',
    };
    const kinds = providerNames.flatMap((provider) =>
      table.map(([name, fields]) => ({
        name: `${provider}, ${name}`,
        purchase: stored({
          provider,
          productId: names[provider],
          periodEndsAt: muchLater,
          ...fields,
        }),
      })),
    );
    let pairs = 0;
    for (const seconds of moments)
      for (const one of kinds)
        for (const other of kinds) {
          pairs += 1;
          const purchases = [one.purchase, other.purchase];
          const given = viewAt(purchases, { products, rules }, at(seconds)).entitled.length === 1;
          const gives = purchases.some((each) => grants(stateAt(each, at(seconds), leewayMs)));
          if (given !== gives) faults.push(`${one.name} beside ${other.name}, T${seconds} s`);
        }
    return Promise.resolve({
      figure: `${grouped(states)} states of ${table.length} kinds of purchases from ${providerNames.length} providers and ${grouped(pairs)} pairs, ${faults.length} wrong`,
      holds: faults.length === 0,
      faults: faults.slice(0, 10),
    });
  },
});
