import { Link, useParams } from 'react-router';
import { useCustomer } from '../../api/billing.ts';
import type { Customer, Entitlement } from '../../api/billing-types.ts';
import { useApi } from '../../api/context.ts';
import { useAct } from '../../api/use-act.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { type Fact, FactList, Mono } from '../../parts/fact-list.tsx';
import { count, short } from '../../parts/format.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { PurchaseSign } from './signs.tsx';
import { PurchaseTable, SignalTable } from './tables.tsx';

/** What one user may use and why, and all that they have bought. */
export function CustomerPage() {
  const { id = '' } = useParams();
  const customer = useCustomer(id);
  const api = useApi();
  const act = useAct();
  return (
    <Page
      title={`Customer ${short(id)}`}
      actions={
        customer.data && (
          <ActButton
            act={() =>
              act({
                what: 'Reconcile',
                work: () => api.reconcileUser(id),
                done: ({ checked, corrected, found, failed }) =>
                  `${count(checked)} compared: ${count(corrected)} corrected, ${count(found)} found, ${count(failed)} could not be compared.`,
                changes: ['billing'],
              })
            }
          >
            Compare with the providers
          </ActButton>
        )
      }
    >
      <Shown of={customer}>
        {(data) => (
          <>
            <Facts customer={data} />
            <Card title="Entitlements" flush>
              {data.entitlements.length === 0 ? (
                <Empty title="Nothing may be used." />
              ) : (
                <Entitlements rows={data.entitlements} />
              )}
            </Card>
            <Card title="Purchases" flush>
              {data.purchases.length === 0 ? (
                <Empty title="Nothing was bought." />
              ) : (
                <PurchaseTable rows={data.purchases} />
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

function Facts({ customer: { user, accounts } }: { customer: Customer }) {
  return (
    <Card>
      <FactList
        wide
        facts={[
          ['Email', user.email ?? '–'],
          ['User', <Mono key="user">{user.id}</Mono>],
          ...accounts.map(({ provider, customerId }): Fact => [
            `With ${provider}`,
            <Mono key={provider}>{customerId}</Mono>,
          ]),
        ]}
      />
    </Card>
  );
}

function Entitlements({ rows }: { rows: readonly Entitlement[] }) {
  return (
    <Table
      label="Entitlements"
      rows={rows}
      keyOf={({ name }) => name}
      columns={[
        { title: 'Entitlement', kind: 'grow', cell: ({ name }) => name },
        {
          title: 'By',
          kind: 'wide',
          cell: ({ product, purchaseId }) => (
            <Link to={`/billing/purchases/${purchaseId}`}>{product.title}</Link>
          ),
        },
        { title: 'From', kind: 'tight', cell: ({ provider }) => provider },
        { title: 'State', kind: 'tight', cell: ({ state }) => <PurchaseSign state={state} /> },
        { title: 'Since', kind: 'tight', cell: ({ since }) => <Ago at={since} /> },
        {
          title: 'Until',
          kind: 'tight',
          cell: ({ until, renews }) =>
            until === null ? (
              'for good'
            ) : (
              <>
                <Ago at={until} />
                {renews && <span className="quiet">, then renews</span>}
              </>
            ),
        },
      ]}
    />
  );
}
