import { useState } from 'react';
import { useApi } from '../../api/context.ts';
import { useFlags } from '../../api/queries.ts';
import type { Flag } from '../../api/types.ts';
import { useAct } from '../../api/use-act.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { FlagDialog } from './flag-dialog.tsx';
import { FlagTable } from './flag-table.tsx';

type Open = { kind: 'edit'; flag: Flag } | { kind: 'new' } | { kind: 'remove'; flag: Flag };

/** What is on, and for whom. */
export function FlagsPage() {
  const flags = useFlags();
  const api = useApi();
  const act = useAct();
  const [open, setOpen] = useState<Open>();
  const close = () => {
    setOpen(undefined);
  };
  return (
    <Page
      title="Flags"
      actions={
        <Button
          kind="primary"
          onClick={() => {
            setOpen({ kind: 'new' });
          }}
        >
          New flag
        </Button>
      }
    >
      <Shown of={flags}>
        {(all) => (
          <Card flush>
            {all.length === 0 ? (
              <Empty title="There is no flag.">
                Where the code asks for one that is not here, it gets the default that stands in the
                code.
              </Empty>
            ) : (
              <FlagTable
                flags={all}
                onEdit={(flag) => {
                  setOpen({ kind: 'edit', flag });
                }}
                onRemove={(flag) => {
                  setOpen({ kind: 'remove', flag });
                }}
              />
            )}
          </Card>
        )}
      </Shown>
      {(open?.kind === 'edit' || open?.kind === 'new') && (
        <FlagDialog flag={open.kind === 'edit' ? open.flag : undefined} onClose={close} />
      )}
      {open?.kind === 'remove' && (
        <Confirm
          danger
          title={`Delete ${open.flag.name}?`}
          label="Delete"
          onClose={close}
          act={() =>
            act({
              what: `Delete ${open.flag.name}`,
              work: () => api.removeFlag(open.flag.name),
              done: () => `${open.flag.name} is deleted.`,
              quietly: true,
              changes: ['flags'],
            })
          }
        >
          Whoever asks for it gets the default that stands in the code.
        </Confirm>
      )}
    </Page>
  );
}
