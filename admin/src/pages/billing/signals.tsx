import { useFraudSignals } from '../../api/billing.ts';
import { Older } from '../../parts/older.tsx';
import { Card } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { SignalTable } from './tables.tsx';

/** Who presented purchases of others. */
export function Signals() {
  const signals = useFraudSignals();
  return (
    <Shown of={{ ...signals, data: signals.data?.pages.flatMap((page) => page.signals) }}>
      {(rows) => (
        <>
          {rows.length > 0 && (
            <p className="quiet">
              Somebody came with a purchase that is another user’s. The owner keeps it, and nobody
              else gets anything by it.
            </p>
          )}
          <Card flush>
            {rows.length === 0 ? (
              <Empty title="No fraud signals">
                Nobody has presented a purchase of somebody else.
              </Empty>
            ) : (
              <SignalTable rows={rows} />
            )}
            <Older of={signals} />
          </Card>
        </>
      )}
    </Shown>
  );
}
