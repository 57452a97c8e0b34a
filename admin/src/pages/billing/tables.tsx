import { Link } from 'react-router';
import type { Drift, FraudSignal, Purchase } from '../../api/billing-types.ts';
import { count } from '../../parts/format.ts';
import { Status } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { CustomerLink, PurchaseSign, StateChange } from './signs.tsx';

/** A hash is known by its beginning. */
const inList = (key: string): string => (key.length > 40 ? `${key.slice(0, 12)}…` : key);

/** `whose`: also who has bought it. */
export function PurchaseTable(props: { rows: readonly Purchase[]; whose?: boolean }) {
  const { rows, whose = false } = props;
  return (
    <Table
      label="Purchases"
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Purchase',
          kind: 'grow',
          cell: ({ id, product, productId, provider, key, environment }) => (
            <>
              <Link to={`/billing/purchases/${id}`}>{product?.title ?? productId}</Link>
              <div className="quiet small wrap">
                {provider} {inList(key)}
                {environment === 'sandbox' && ', sandbox'}
              </div>
            </>
          ),
        },
        ...(whose
          ? [
              {
                title: 'Whose',
                kind: 'wide',
                cell: ({ user }: Purchase) => <CustomerLink person={user} />,
              } as const,
            ]
          : []),
        { title: 'State', kind: 'tight', cell: ({ state }) => <PurchaseSign state={state} /> },
        { title: 'Bought', kind: 'tight', cell: ({ since }) => <Ago at={since} /> },
        {
          title: 'Period ends',
          kind: 'tight',
          cell: ({ periodEndsAt }) => <Ago at={periodEndsAt} />,
        },
      ]}
    />
  );
}

/** `ofOne`: all are of the purchase that is shown already. */
export function SignalTable(props: { rows: readonly FraudSignal[]; ofOne?: boolean }) {
  const { rows, ofOne = false } = props;
  return (
    <Table
      label="Fraud signals"
      rows={rows}
      keyOf={({ purchaseId, claimant }) => `${purchaseId} ${claimant?.id ?? ''}`}
      columns={[
        ...(ofOne
          ? []
          : [
              {
                title: 'Purchase',
                kind: 'tight',
                cell: ({ purchaseId, product, productId, provider }: FraudSignal) => (
                  <>
                    <Link to={`/billing/purchases/${purchaseId}`}>
                      {product?.title ?? productId}
                    </Link>
                    <div className="quiet small">{provider}</div>
                  </>
                ),
              } as const,
            ]),
        {
          title: 'Presented by',
          kind: 'wide',
          cell: ({ claimant }) => <CustomerLink person={claimant} />,
        },
        { title: 'Owned by', kind: 'wide', cell: ({ owner }) => <CustomerLink person={owner} /> },
        {
          title: 'What came of it',
          kind: 'tight',
          cell: ({ source }) => (
            <>
              {source === 'app' ? 'Refused' : 'Owner kept'}
              <div className="quiet small">
                {source === 'app' ? 'presented in the app' : `named by ${source}`}
              </div>
            </>
          ),
        },
        { title: 'Times', kind: 'number', cell: ({ times }) => count(times) },
        {
          title: 'Last',
          kind: 'tight',
          cell: ({ times, firstAt, lastAt }) => (
            <>
              <Ago at={lastAt} />
              {times > 1 && (
                <div className="quiet small">
                  first <Ago at={firstAt} />
                </div>
              )}
            </>
          ),
        },
      ]}
    />
  );
}

const kinds: Readonly<Record<string, string>> = {
  missing: 'We did not know it',
  unknown: 'The provider does not know it',
  state: 'What it gives was wrong',
  period: 'When it ends was wrong',
  product: 'The product was wrong',
  owner: 'The owner was wrong',
  details: 'Details were wrong',
};
const guesses: Readonly<Record<string, string>> = {
  'never-told': 'no event of it came in',
  'missed-event': 'an event was missed',
  'wrong-when-looked': 'it was wrong when it was last looked at',
  'not-known-there': 'there is none such there',
};

export function DriftTable({ rows }: { rows: readonly Drift[] }) {
  return (
    <Table
      label="Drift"
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'What was wrong',
          kind: 'grow',
          cell: ({ kind, guess, purchaseId, provider, productId }) => (
            <>
              <Link to={`/billing/purchases/${purchaseId}`}>{kinds[kind] ?? kind}</Link>
              <div className="quiet small wrap">
                {provider} {productId}: {guesses[guess] ?? guess}
              </div>
            </>
          ),
        },
        { title: 'Whose', kind: 'wide', cell: ({ user }) => <CustomerLink person={user} /> },
        {
          title: 'State',
          kind: 'tight',
          cell: ({ stateBefore, stateAfter }) => (
            <StateChange before={stateBefore} after={stateAfter} />
          ),
        },
        { title: 'Since', kind: 'tight', cell: ({ since }) => <Ago at={since} /> },
        {
          title: 'Corrected',
          kind: 'tight',
          cell: ({ correctedAt }) =>
            correctedAt === null ? <Status tone="warn">Not yet</Status> : <Ago at={correctedAt} />,
        },
      ]}
    />
  );
}
