import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { batchUpsert } from '../bench/contests/batch-upsert.ts';

const bound = 30;

export default defineClaim({
  id: 'catalog-batch-upsert',
  phase: 5,
  claim:
    'A page of 100 cards with 800 variants is stored by one statement, with the outcome of each row, 30 times as fast as by one statement a row, on the same connection to a database that flushes its commits.',
  bound: `${bound} × as fast, whether rows are new, changed or unchanged`,
  seconds: 40,
  async measure({ progress, signal }) {
    progress('a Postgres that flushes to disk');
    const { standings } = await batchUpsert(signal);
    const ratios = standings.map(({ rowByRowMs, batchMs }) => rowByRowMs / batchMs);
    const figures = standings.map(
      ({ what, batchMs, rowByRowMs, rowsInOneTransactionMs }, index) =>
        `${what} ${batchMs.toFixed(0)} ms against ${rowByRowMs.toFixed(0)} (${ratios[index]?.toFixed(0) ?? ''} ×; ${(rowsInOneTransactionMs / batchMs).toFixed(0)} × against all rows in one transaction)`,
    );
    return { figure: figures.join('; '), holds: Math.min(...ratios) >= bound };
  },
});
