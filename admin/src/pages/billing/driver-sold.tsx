import { useState } from 'react';
import type { SandboxPurchase, SandboxStore } from '../../api/store-types.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { Card } from '../../parts/page.tsx';
import { Empty } from '../../parts/shown.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { CustomerLink } from './signs.tsx';
import { useCommand } from './use-command.ts';

/** What the store has sold, and what can become of it. */
export function Sold({ store }: { store: SandboxStore }) {
  return (
    <Card title="Sold" flush>
      {store.purchases.length === 0 ? (
        <Empty title="Nothing was bought here yet." />
      ) : (
        <Table
          label="Sold"
          rows={store.purchases}
          keyOf={({ id }) => id}
          columns={[
            {
              title: 'Purchase',
              kind: 'grow',
              cell: ({ id, product, userId }) => (
                <>
                  {product}
                  <div className="quiet small wrap">
                    {id}{' '}
                    <CustomerLink person={userId === null ? null : { id: userId, email: null }} />
                  </div>
                </>
              ),
            },
            { title: 'Status there', kind: 'tight', cell: ({ status }) => status },
            { title: 'Period ends', kind: 'tight', cell: ({ endsAt }) => <Ago at={endsAt} /> },
            {
              title: 'What happens',
              kind: 'tight',
              bare: true,
              cell: (purchase) => <What store={store} purchase={purchase} />,
            },
          ]}
        />
      )}
    </Card>
  );
}

const titles: Readonly<Record<string, string>> = {
  renew: 'Renew',
  'fail-card': 'Fail the card',
  recover: 'Pay after all',
  cancel: 'Cancel',
  resume: 'Resume',
  pause: 'Pause',
  upgrade: 'Change the product',
  refund: 'Refund',
  revoke: 'Revoke',
};

function What({ store, purchase }: { store: SandboxStore; purchase: SandboxPurchase }) {
  const command = useCommand(store);
  const [chosen, setChosen] = useState(store.commands[0] ?? '');
  const others = store.products.filter((name) => name !== purchase.product);
  const [other, setOther] = useState(others[0] ?? '');
  return (
    <div className="row">
      <select
        className="fit"
        aria-label={`What happens to ${purchase.id}`}
        value={chosen}
        onChange={(event) => {
          setChosen(event.target.value);
        }}
      >
        {store.commands.map((name) => (
          <option key={name} value={name}>
            {titles[name] ?? name}
          </option>
        ))}
      </select>
      {chosen === 'upgrade' && (
        <select
          className="fit"
          aria-label={`To which product ${purchase.id} is changed`}
          value={other}
          onChange={(event) => {
            setOther(event.target.value);
          }}
        >
          {others.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <ActButton
        aria-label={`Do it to ${purchase.id}`}
        act={() =>
          command(
            {
              command: chosen,
              purchase: purchase.id,
              ...(chosen === 'upgrade' ? { product: other } : {}),
            },
            `Done to ${purchase.product}: ${(titles[chosen] ?? chosen).toLowerCase()}.`,
          )
        }
      >
        Do it
      </ActButton>
    </div>
  );
}
