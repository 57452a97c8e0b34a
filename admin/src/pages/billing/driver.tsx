import { useState, type SubmitEvent } from 'react';
import { useStores } from '../../api/queries.ts';
import type { SandboxStore } from '../../api/store-types.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { fullTime } from '../../parts/format.ts';
import { Card } from '../../parts/page.tsx';
import { textOf } from '../../parts/search-filter.ts';
import { Segments } from '../../parts/segments.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Deliveries } from './driver-deliveries.tsx';
import { Sold } from './driver-sold.tsx';
import { useCommand } from './use-command.ts';

/** In development: has the stores of the sandbox sell, renew, refund, and send their webhooks amiss. */
export function Driver() {
  const stores = useStores();
  const [chosen, setChosen] = useState('');
  return (
    <Shown of={stores}>
      {(all) => {
        const store = all.find(({ name }) => name === chosen) ?? all[0];
        if (store === undefined)
          return (
            <Card>
              <Empty title="The sandbox has nobody who sells." />
            </Card>
          );
        return (
          <>
            {all.length > 1 && (
              <div>
                <Segments
                  label="Store"
                  value={store.name}
                  choices={all.map(({ name, title }) => [name, title] as const)}
                  onChange={setChosen}
                />
              </div>
            )}
            <div className="grid-2">
              <Buy key={`buy ${store.name}`} store={store} />
              <Clock key={`clock ${store.name}`} store={store} />
            </div>
            <Sold key={`sold ${store.name}`} store={store} />
            <Deliveries key={`sent ${store.name}`} store={store} />
          </>
        );
      }}
    </Shown>
  );
}

function Buy({ store }: { store: SandboxStore }) {
  const command = useCommand(store);
  const [busy, setBusy] = useState(false);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget;
    const order = { userId: textOf(form, 'user'), product: textOf(form, 'product') };
    setBusy(true);
    command({ command: 'buy', ...order }, `${order.product} is bought.`)
      .catch(() => undefined)
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <Card title="Buy">
      <form className="stack" onSubmit={onSubmit}>
        <Field label="Id of the user">
          <input name="user" className="mono" required />
        </Field>
        <Field label="Product">
          <select name="product">
            {store.products.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <div className="row">
          <Button kind="primary" type="submit" busy={busy}>
            Buy
          </Button>
        </div>
      </form>
    </Card>
  );
}

const steps = [
  ['3600', 'An hour'],
  ['86400', 'A day'],
  ['604800', 'A week'],
  ['2592000', '30 days'],
  ['31536000', 'A year'],
] as const;

function Clock({ store }: { store: SandboxStore }) {
  const command = useCommand(store);
  const [busy, setBusy] = useState(false);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const advanceSeconds = Number(textOf(event.currentTarget, 'by'));
    setBusy(true);
    command({ command: 'clock', advanceSeconds }, 'The clock is advanced.')
      .catch(() => undefined)
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <Card title="Clock">
      <form className="stack" onSubmit={onSubmit}>
        <p>
          <span className="quiet">By its clock it is</span> {fullTime(store.now)}
        </p>
        <Field label="Advance by" hint="What falls due happens. It does not go back.">
          <select name="by" defaultValue="2592000">
            {steps.map(([seconds, title]) => (
              <option key={seconds} value={seconds}>
                {title}
              </option>
            ))}
          </select>
        </Field>
        <div className="row">
          <Button type="submit" busy={busy}>
            Advance
          </Button>
        </div>
      </form>
    </Card>
  );
}
