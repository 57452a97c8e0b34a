import { Link, useParams } from 'react-router';
import { usePages } from '../../api/queries.ts';
import { usePurchase } from '../../api/billing.ts';
import type { HistoryEntry, Purchase } from '../../api/billing-types.ts';
import { Code } from '../../parts/code.tsx';
import { FactList, Mono } from '../../parts/fact-list.tsx';
import { short } from '../../parts/format.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { CustomerLink, PurchaseSign, stateTitle } from './signs.tsx';
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
                <SignalTable rows={data.signals} />
              </Card>
            )}
          </>
        )}
      </Shown>
    </Page>
  );
}

function Facts({ purchase }: { purchase: Purchase }) {
  const { product, productId, provider, key, environment } = purchase;
  const facts = [
    ['State', <PurchaseSign key="state" state={purchase.state} />],
    ['Gives', purchase.grants ? 'what the product gives' : 'nothing now'],
    ['Product', product?.title ?? `${productId}, not in the table`],
    ['Whose', <CustomerLink key="whose" person={purchase.user} />],
    ['From', `${provider}${environment === 'sandbox' ? ', sandbox' : ''}`],
    ['Bought', <Ago key="since" at={purchase.since} />],
    ['Period ends', <Ago key="ends" at={purchase.periodEndsAt} />],
    ['Renews', purchase.autoRenews ? 'yes' : 'no'],
    ['Grace ends', <Ago key="grace" at={purchase.graceEndsAt} />],
    ...(purchase.partRefund === null ? [] : [['Given back', purchase.partRefund] as const]),
    ['Known as of', <Ago key="known" at={purchase.observedAt} />],
    ['Key', <Mono key="key">{key}</Mono>],
  ] as const;
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
          cell: ({ stateBefore, stateAfter }) =>
            stateBefore === null || stateBefore === stateAfter
              ? stateTitle(stateAfter)
              : `${stateTitle(stateBefore)}, then ${stateTitle(stateAfter)}`,
        },
        {
          title: 'By',
          kind: 'grow',
          cell: ({ id, source, reference, changes }) => (
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
              <details className="more">
                <summary>Changes</summary>
                <div className="stack">
                  <Code label={`Changes ${id}`} value={changes} />
                </div>
              </details>
            </>
          ),
        },
      ]}
    />
  );
}
