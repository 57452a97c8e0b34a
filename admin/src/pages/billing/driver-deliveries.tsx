import { useState } from 'react';
import type { SandboxStore, StoreCommand } from '../../api/store-types.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { Card } from '../../parts/page.tsx';
import { Empty } from '../../parts/shown.tsx';
import { Status } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import { useCommand } from './use-command.ts';

const modes = {
  well: ['As they should be', {}],
  lost: ['Lost', { lost: true }],
  copies: ['Three times each', { copies: 3 }],
  reverse: ['Four at a time, reversed', { reverse: 4 }],
  late: ['Ten seconds late', { lateMs: 10_000 }],
} as const satisfies Record<string, readonly [string, Omit<StoreCommand, 'command'>]>;

type Mode = keyof typeof modes;

/** The webhooks that the store has sent, and how the next ones go. */
export function Deliveries({ store }: { store: SandboxStore }) {
  const command = useCommand(store);
  const [mode, setMode] = useState<Mode>('well');
  const choose = (
    <div className="row">
      <select
        className="fit"
        aria-label="How webhooks are sent"
        value={mode}
        onChange={(event) => {
          setMode(event.target.value as Mode);
        }}
      >
        {Object.entries(modes).map(([name, [title]]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      <ActButton
        act={() =>
          command(
            { command: 'webhook', ...modes[mode][1] },
            `Webhooks from now on: ${modes[mode][0].toLowerCase()}.`,
          )
        }
      >
        Send them so
      </ActButton>
    </div>
  );
  return (
    <Card title="Webhooks sent" actions={choose} flush>
      {store.deliveries.length === 0 ? (
        <Empty title="None was sent yet." />
      ) : (
        <Table
          label="Webhooks sent"
          rows={store.deliveries.map((sent, index) => ({ ...sent, index }))}
          keyOf={({ event, index }) => `${event} ${store.deliveries.length - index}`}
          columns={[
            {
              title: 'Event',
              kind: 'grow',
              cell: ({ type, event }) => (
                <>
                  <span className="mono wrap">{type}</span>
                  <div className="quiet small wrap">{event}</div>
                </>
              ),
            },
            {
              title: 'Answers',
              kind: 'tight',
              cell: ({ answers }) =>
                answers.map((status) => (status === 0 ? 'none' : status)).join(', ') || '–',
            },
            {
              title: 'Arrived',
              kind: 'tight',
              cell: ({ delivered }) =>
                delivered ? <Status tone="good">Yes</Status> : <Status tone="warn">Not yet</Status>,
            },
            {
              title: 'Again',
              kind: 'tight',
              bare: true,
              cell: ({ event }) => (
                <ActButton
                  className="button-small"
                  aria-label={`Send again: ${event}`}
                  act={() => command({ command: 'redeliver', event }, 'It is sent again.')}
                >
                  Send again
                </ActButton>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}
