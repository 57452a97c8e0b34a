import { Link } from 'react-router';
import type { Webhook } from '../../api/webhook-types.ts';
import { count } from '../../parts/format.ts';
import { pickColumn } from '../../parts/pick-column.tsx';
import { WebhookSign } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';

interface WebhookTableProps {
  rows: readonly Webhook[];
  selected: ReadonlySet<string>;
  onToggle: (webhook: Webhook) => void;
}

export function WebhookTable({ rows, selected, onToggle }: WebhookTableProps) {
  return (
    <Table
      label="Webhooks"
      rows={rows}
      keyOf={({ id }) => id}
      selected={selected}
      columns={[
        pickColumn({ selected, onToggle, nameOf: ({ eventId }) => `webhook ${eventId}` }),
        {
          title: 'Event',
          kind: 'grow',
          cell: ({ id, provider, type, eventId, error }) => (
            <>
              <Link to={`/webhooks/${id}`} className="mono wrap">
                {type}
              </Link>
              <div className="quiet small wrap">
                {provider} {eventId}
              </div>
              {error !== null && <div className="small wrap">{error}</div>}
            </>
          ),
        },
        { title: 'State', kind: 'tight', cell: ({ state }) => <WebhookSign state={state} /> },
        {
          title: 'Attempts',
          kind: 'number',
          cell: ({ attempts, duplicates, replays }) => (
            <>
              {count(attempts)}
              {duplicates > 0 && <div className="quiet small">{count(duplicates)} duplicates</div>}
              {replays > 0 && <div className="quiet small">{count(replays)} replays</div>}
            </>
          ),
        },
        { title: 'Came', kind: 'tight', cell: ({ receivedAt }) => <Ago at={receivedAt} /> },
      ]}
    />
  );
}
