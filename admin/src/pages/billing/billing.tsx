import { Page } from '../../parts/page.tsx';
import { useSearchFilter } from '../../parts/search-filter.ts';
import { Segments } from '../../parts/segments.tsx';
import { Purchases } from './purchases.tsx';
import { Reconciliations } from './reconciliations.tsx';
import { Signals } from './signals.tsx';

const views = [
  ['', 'Purchases'],
  ['drift', 'Reconciliation'],
  ['fraud', 'Fraud signals'],
] as const;
const names = ['view'] as const;

/** What users have bought, whoever sold it. */
export function BillingPage() {
  const [{ view: given }, change] = useSearchFilter(names);
  const view = views.find(([each]) => each === given)?.[0] ?? '';
  return (
    <Page title="Billing">
      <div>
        <Segments
          label="View"
          value={view}
          choices={views}
          onChange={(wanted) => {
            change({ view: wanted });
          }}
        />
      </div>
      {view === '' && <Purchases />}
      {view === 'drift' && <Reconciliations />}
      {view === 'fraud' && <Signals />}
    </Page>
  );
}
