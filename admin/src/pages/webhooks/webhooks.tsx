import { useEffect, useState } from 'react';
import { useWebhooks } from '../../api/queries.ts';
import { webhookStates, type WebhookFilter } from '../../api/webhook-types.ts';
import { Button } from '../../parts/button.tsx';
import { Older } from '../../parts/older.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { useSearchFilter } from '../../parts/search-filter.ts';
import { toggled } from '../../parts/select-all.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Counts } from './counts.tsx';
import { Filters } from './filters.tsx';
import { RangeDialog } from './range-dialog.tsx';
import { WebhookBar } from './webhook-bar.tsx';
import { WebhookTable } from './webhook-table.tsx';

const names = ['state', 'provider', 'type', 'search'] as const;

/** What providers have sent, and what became of it. */
export function WebhooksPage() {
  const [given, setFilter] = useSearchFilter(names);
  const filter: WebhookFilter = {
    ...given,
    state: webhookStates.find((state) => state === given.state),
  };
  const webhooks = useWebhooks(filter);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    setSelected(new Set());
  }, [given]);

  const [first] = webhooks.data?.pages ?? [];
  const all = webhooks.data?.pages.flatMap((page) => page.webhooks);
  // What has left the list is not selected any more.
  const chosen = all?.filter(({ id }) => selected.has(id)) ?? [];
  const providers = [
    ...new Set([...(first?.providers ?? []), ...(first?.counts ?? []).map((one) => one.provider)]),
  ];

  return (
    <Page
      title="Webhooks"
      actions={
        <Button
          disabled={first === undefined}
          onClick={() => {
            setAsking(true);
          }}
        >
          Replay a range…
        </Button>
      }
    >
      {first !== undefined && <Counts counts={first.counts} provider={filter.provider} />}
      <Filters filter={filter} providers={providers} onChange={setFilter} />
      <Shown of={{ ...webhooks, data: all }}>
        {(rows) => (
          <Card flush>
            <WebhookBar
              rows={rows}
              chosen={chosen}
              onSelect={setSelected}
              more={webhooks.hasNextPage}
            />
            {rows.length === 0 ? (
              <Nothing filtered={Object.keys(given).length > 0} />
            ) : (
              <WebhookTable
                rows={rows}
                selected={new Set(chosen.map(({ id }) => id))}
                onToggle={({ id }) => {
                  setSelected(toggled(selected, id));
                }}
              />
            )}
            <Older of={webhooks} />
          </Card>
        )}
      </Shown>
      {asking && first !== undefined && (
        <RangeDialog
          providers={first.providers}
          filter={filter}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </Page>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No webhook is like that.">Another filter may find some.</Empty>
  ) : (
    <Empty title="Nothing came in yet.">
      What providers send is kept here, with what became of it.
    </Empty>
  );
}
