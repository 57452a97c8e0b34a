import type { SubmitEvent } from 'react';
import type { WebhookFilter, WebhookState } from '../../api/webhook-types.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { textOf } from '../../parts/search-filter.ts';
import { Segments } from '../../parts/segments.tsx';

const states: readonly (readonly [WebhookState | '', string])[] = [
  ['', 'All'],
  ['received', 'Received'],
  ['processed', 'Processed'],
  ['failed', 'Failed'],
  ['parked', 'Parked'],
];

interface FiltersProps {
  filter: WebhookFilter;
  providers: readonly string[];
  onChange: (change: WebhookFilter) => void;
}

export function Filters({ filter, providers, onChange }: FiltersProps) {
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    onChange({ type: textOf(form, 'type'), search: textOf(form, 'search') });
  };
  return (
    <div className="stack">
      <div>
        <Segments
          label="State"
          value={filter.state ?? ''}
          choices={states}
          onChange={(state) => {
            onChange({ state: state === '' ? undefined : state });
          }}
        />
      </div>
      <form className="filters" role="search" onSubmit={onSubmit}>
        <Field label="Provider">
          <select
            value={filter.provider ?? ''}
            onChange={(event) => {
              onChange({ provider: event.target.value });
            }}
          >
            <option value="">All providers</option>
            {providers.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field label="Type">
          <input
            key={filter.type}
            name="type"
            type="search"
            className="mono"
            placeholder="invoice.*"
            defaultValue={filter.type}
          />
        </Field>
        <Field label="Text">
          <input key={filter.search} name="search" type="search" defaultValue={filter.search} />
        </Field>
        <Button type="submit">Search</Button>
      </form>
    </div>
  );
}
