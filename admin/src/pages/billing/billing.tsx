import { Page } from '../../parts/page.tsx';
import { useSearchFilter } from '../../parts/search-filter.ts';
import { Segments } from '../../parts/segments.tsx';
import { Driver } from './driver.tsx';
import { Purchases } from './purchases.tsx';
import { Reconciliations } from './reconciliations.tsx';
import { Signals } from './signals.tsx';

const everywhere = [
  ['', 'Purchases'],
  ['drift', 'Reconciliation'],
  ['fraud', 'Fraud signals'],
] as const;
/** In development: has the sandbox sell. There is none in production. */
const driver = ['sandbox', 'Sandbox'] as const;
const names = ['view'] as const;

/** What users have bought, whoever sold it. */
export function BillingPage({ sandbox }: { sandbox: boolean }) {
  const [{ view: given }, change] = useSearchFilter(names);
  const views = sandbox ? [...everywhere, driver] : everywhere;
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
      {view === 'sandbox' && <Driver />}
    </Page>
  );
}
