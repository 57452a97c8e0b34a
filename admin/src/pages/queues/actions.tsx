import { useState } from 'react';
import { useActions } from '../../api/queries.ts';
import type { Action } from '../../api/types.ts';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import { ActionDialog } from './action-dialog.tsx';

/** What the modules offer to be told, such as to synchronise a set. Nothing is shown where none offers anything. */
export function Actions() {
  const { data } = useActions();
  const [open, setOpen] = useState<Action>();
  if (data === undefined || data.length === 0) return null;
  return (
    <Card title="Enqueue" flush>
      <ul className="list">
        {data.map((action) => (
          <li key={action.name}>
            <div className="spread">
              <div>
                <h3>{action.title}</h3>
                <p className="quiet">{action.description}</p>
              </div>
              <Button
                aria-label={`Enqueue: ${action.title}`}
                onClick={() => {
                  setOpen(action);
                }}
              >
                Enqueue…
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {open !== undefined && (
        <ActionDialog
          action={open}
          onClose={() => {
            setOpen(undefined);
          }}
        />
      )}
    </Card>
  );
}
