import { useState } from 'react';
import { useApi } from '../../api/context.ts';
import type { Flag } from '../../api/types.ts';
import { useAct } from '../../api/use-act.ts';
import { Button } from '../../parts/button.tsx';
import { Switch } from '../../parts/switch.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';

interface FlagTableProps {
  flags: readonly Flag[];
  onEdit: (flag: Flag) => void;
  onRemove: (flag: Flag) => void;
}

export function FlagTable({ flags, onEdit, onRemove }: FlagTableProps) {
  return (
    <Table
      label="Flags"
      rows={flags}
      keyOf={({ name }) => name}
      columns={[
        {
          title: 'Flag',
          kind: 'grow',
          cell: ({ name, description }) => (
            <>
              <div className="mono">{name}</div>
              <div className="quiet small wrap">{description}</div>
            </>
          ),
        },
        { title: 'State', kind: 'tight', cell: (flag) => <FlagSwitch flag={flag} /> },
        { title: 'For', kind: 'tight', cell: audienceOf },
        {
          title: 'Changed',
          kind: 'tight',
          cell: ({ changedAt, changedBy }) => (
            <>
              <Ago at={changedAt} />
              <div className="quiet small">{changedBy?.email ?? ''}</div>
            </>
          ),
        },
        {
          title: 'Change or delete',
          kind: 'tight',
          bare: true,
          cell: (flag) => (
            <div className="row">
              <Button
                className="button-small"
                aria-label={`Change ${flag.name}`}
                onClick={() => {
                  onEdit(flag);
                }}
              >
                Change
              </Button>
              <Button
                kind="danger"
                className="button-small"
                aria-label={`Delete ${flag.name}`}
                onClick={() => {
                  onRemove(flag);
                }}
              >
                Delete
              </Button>
            </div>
          ),
        },
      ]}
    />
  );
}

/** Shows at once what was asked for, and what is so as soon as the server has said it. */
function FlagSwitch({ flag }: { flag: Flag }) {
  const api = useApi();
  const act = useAct();
  const [wanted, setWanted] = useState<boolean>();
  const { name, percentage, users, roles, description, version } = flag;
  const change = async (enabled: boolean): Promise<void> => {
    setWanted(enabled);
    try {
      await act({
        what: `Change ${name}`,
        work: () => api.setFlag(name, { enabled, percentage, users, roles, description, version }),
        done: () => `${name} is ${enabled ? 'on' : 'off'}.`,
        changes: ['flags'],
      });
    } catch {
      // said already
    } finally {
      setWanted(undefined);
    }
  };
  return (
    <Switch
      label={name}
      on={wanted ?? flag.enabled}
      onChange={(enabled) => {
        // A second click before the answer would carry a version that is none any more.
        if (wanted === undefined) void change(enabled);
      }}
    />
  );
}

function audienceOf({ enabled, percentage, users, roles }: Flag): string {
  if (!enabled) return 'nobody';
  const named = [
    ...roles.map((role) => `role ${role}`),
    ...(users.length === 0 ? [] : [users.length === 1 ? '1 user' : `${users.length} users`]),
  ];
  if (percentage === 100) return 'everybody';
  return (
    [...(percentage === 0 ? [] : [`${percentage} % of users`]), ...named].join(', ') || 'nobody'
  );
}
