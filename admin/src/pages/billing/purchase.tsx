import { Link, useParams } from 'react-router';
import { usePages } from '../../api/queries.ts';
import { usePurchase } from '../../api/billing.ts';
import type { HistoryEntry, Purchase } from '../../api/billing-types.ts';
import { Change } from '../../parts/change.tsx';
import { type Fact, FactList, Mono } from '../../parts/fact-list.tsx';
import { fullTime, short } from '../../parts/format.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { CustomerLink, PurchaseSign, StateChange } from './signs.tsx';
import { SignalTable } from './tables.tsx';

/** One purchase, and what became of it. */
export function PurchasePage() {
  const { id = '' } = useParams();
  const purchase = usePurchase(id);
  return (
    <Page title={`Purchase ${short(id)}`}>
      <Shown of={purchase}>
        {(data) => (
          <>
            <Facts purchase={data.purchase} />
            <Card title="History" flush>
              {data.history.length === 0 ? (
                <Empty title="Nothing has become of it yet." />
              ) : (
                <History rows={data.history} />
              )}
            </Card>
            {data.signals.length > 0 && (
              <Card title="Fraud signals" flush>
                <SignalTable rows={data.signals} ofOne />
              </Card>
            )}
          </>
        )}
      </Shown>
    </Page>
  );
}

function Facts({ purchase }: { purchase: Purchase }) {
  const { product, productId, provider, key, kind, environment, pausedUntil } = purchase;
  const until = (title: string, at: string | null): Fact | false =>
    at !== null && [title, <Ago key={title} at={at} />];
  const facts: readonly (Fact | false)[] = [
    ['State', <PurchaseSign key="state" state={purchase.state} />],
    ['Usable now', purchase.grants ? 'yes' : 'no'],
    ['Product', product?.title ?? `${productId}, not in the table`],
    ['Whose', <CustomerLink key="whose" person={purchase.user} />],
    ['From', `${provider}${environment === 'sandbox' ? ', sandbox' : ''}`],
    ['Bought', <Ago key="since" at={purchase.since} />],
    until('Period ends', purchase.periodEndsAt),
    kind === 'subscription' && ['Renews', purchase.autoRenews ? 'yes' : 'no'],
    pausedUntil === 'open-ended'
      ? ['Paused until', 'it is resumed']
      : until('Paused until', pausedUntil),
    until('Grace ends', purchase.graceEndsAt),
    until('Refunded', purchase.refundedAt),
    until('Revoked', purchase.revokedAt),
    purchase.partRefund !== null && ['Given back', purchase.partRefund],
    ['Known as of', <Ago key="known" at={purchase.observedAt} />],
    ['Key', <Mono key="key">{key}</Mono>, 'whole'],
  ];
  return (
    <Card>
      <FactList facts={facts} wide />
    </Card>
  );
}

function History({ rows }: { rows: readonly HistoryEntry[] }) {
  const { data: has } = usePages();
  const inbox = has?.includes('webhooks') === true;
  return (
    <Table
      label="History"
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        { title: 'When', kind: 'tight', cell: ({ at }) => <Ago at={at} /> },
        {
          title: 'State',
          kind: 'tight',
          cell: ({ stateBefore, stateAfter }) => (
            <StateChange before={stateBefore ?? stateAfter} after={stateAfter} />
          ),
        },
        {
          title: 'By',
          kind: 'grow',
          cell: ({ source, reference, changes }) => (
            <>
              {source}{' '}
              {reference !== null &&
                (source === 'webhook' && inbox ? (
                  <Link
                    className="mono wrap"
                    to={`/webhooks?search=${encodeURIComponent(reference)}`}
                  >
                    {reference}
                  </Link>
                ) : (
                  <span className="mono wrap">{reference}</span>
                ))}
              <Changes of={changes} />
            </>
          ),
        },
      ]}
    />
  );
}

/** Each field that differs; of a new purchase what it was first. */
function Changes({ of }: { of: HistoryEntry['changes'] }) {
  const facts = Object.entries(of).map(([field, [before, after]]): Fact => [
    field,
    before === null ? said(after) : <Change key={field} from={said(before)} to={said(after)} />,
  ]);
  if (facts.length === 0) return null;
  return (
    <details className="more">
      <summary>Changes</summary>
      <FactList facts={facts} wide />
    </details>
  );
}

const moment = /^\d{4}-\d\d-\d\dT/;

function said(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'string') return JSON.stringify(value);
  return moment.test(value) ? fullTime(value) : value;
}
