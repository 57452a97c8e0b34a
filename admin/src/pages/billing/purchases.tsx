import type { SubmitEvent } from 'react';
import { useCustomers, usePurchases } from '../../api/billing.ts';
import { purchaseStates, sellers } from '../../api/billing-types.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { Older } from '../../parts/older.tsx';
import { Card } from '../../parts/page.tsx';
import { textOf, useSearchFilter } from '../../parts/search-filter.ts';
import { Empty, Shown } from '../../parts/shown.tsx';
import { CustomerLink, stateTitle } from './signs.tsx';
import { PurchaseTable } from './tables.tsx';

const names = ['provider', 'state', 'search'] as const;

/** Purchases of all providers, and the users that a search finds. */
export function Purchases() {
  const [filter, change] = useSearchFilter(names);
  const purchases = usePurchases(filter);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change({ search: textOf(event.currentTarget, 'search') });
  };
  return (
    <>
      <form className="filters" role="search" onSubmit={onSubmit}>
        <Field label="Email or any id">
          <input
            key={filter.search}
            name="search"
            type="search"
            maxLength={255}
            defaultValue={filter.search}
          />
        </Field>
        <Field label="Provider">
          <select
            value={filter.provider ?? ''}
            onChange={(event) => {
              change({ provider: event.target.value });
            }}
          >
            <option value="">All providers</option>
            {sellers.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field label="State">
          <select
            value={filter.state ?? ''}
            onChange={(event) => {
              change({ state: event.target.value });
            }}
          >
            <option value="">All states</option>
            {purchaseStates.map((state) => (
              <option key={state} value={state}>
                {stateTitle(state)}
              </option>
            ))}
          </select>
        </Field>
        <Button type="submit">Look up</Button>
      </form>
      {filter.search !== undefined && <Found search={filter.search} />}
      <Shown of={{ ...purchases, data: purchases.data?.pages.flatMap((page) => page.purchases) }}>
        {(rows) => (
          <Card title="Purchases" flush>
            {rows.length === 0 ? (
              <Empty title="No purchase is here.">
                {Object.keys(filter).length > 0 && 'Another filter may find some.'}
              </Empty>
            ) : (
              <PurchaseTable rows={rows} whose />
            )}
            <Older of={purchases} />
          </Card>
        )}
      </Shown>
    </>
  );
}

function Found({ search }: { search: string }) {
  const found = useCustomers(search);
  return (
    <Shown of={found}>
      {(users) => (
        <Card title="Customers" flush>
          {users.length === 0 ? (
            <Empty title="Nobody is known by this.">
              Look up by all of it: parts of an address or an id find nobody.
            </Empty>
          ) : (
            <ul className="list" aria-label="Customers">
              {users.map((user) => (
                <li key={user.id}>
                  <CustomerLink person={user} />
                  <span className="mono quiet small wrap">{user.id}</span>
                </li>
              ))}
            </ul>
          )}
        </Card>
      )}
    </Shown>
  );
}
