import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { batchUpsert } from '../bench/contests/batch-upsert.ts';

const bound = 30;

export default defineClaim({
  id: 'catalog-batch-upsert',
  phase: 5,
  claim:
    'A page of 100 cards with 800 variants is stored by one statement, with the outcome of each row, 30 times as fast as row by row, over the same connection of the server to a database that flushes its commits.',
  bound: `${bound} × as fast, whether rows are new, changed or unchanged`,
  seconds: 40,
  async measure({ progress, signal }) {
    progress('a Postgres that flushes to disk');
    const { standings } = await batchUpsert(signal);
    const ratios = standings.map(({ rowByRowMs, batchMs }) => rowByRowMs / batchMs);
    const figures = standings.map(
      ({ what, batchMs, rowByRowMs, bareStatementsMs, oneTransactionMs }) => {
        const times = (ms: number): string => `${(ms / batchMs).toFixed(0)} ×`;
        return `${what}: ${batchMs.toFixed(0)} ms against ${rowByRowMs.toFixed(0)}, ${times(rowByRowMs)} (${times(bareStatementsMs)} bare statements, ${times(oneTransactionMs)} all rows in one transaction)`;
      },
    );
    return { figure: figures.join('; '), holds: Math.min(...ratios) >= bound };
  },
});
