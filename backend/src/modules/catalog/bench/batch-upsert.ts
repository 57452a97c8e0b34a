/** A page of 100 cards with 8 variants each: the one statement against one statement a row. Bound: 30 x as fast. */
import { batchUpsert } from './contests/batch-upsert.ts';

const { cards, variants, standings } = await batchUpsert();
process.stdout.write(
  `${cards} cards with ${variants} variants, medians, commits flushed to disk\n`,
);
for (const { what, batchMs, ...ways } of standings) {
  const against = (ms: number): string => `${ms.toFixed(0)} ms (${(ms / batchMs).toFixed(1)} x)`;
  process.stdout.write(
    `  ${what.padEnd(10)} batch ${batchMs.toFixed(1)} ms, row by row ${against(ways.rowByRowMs)}, bare statements ${against(ways.bareStatementsMs)}, all rows in one transaction ${against(ways.oneTransactionMs)}\n`,
  );
}
