import { useState } from 'react';
import { useApi } from '../api/context.ts';
import { useSessions } from '../api/queries.ts';
import type { Sessions, SocketSession } from '../api/types.ts';
import { useAct } from '../api/use-act.ts';
import { Button } from '../parts/button.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { count, short } from '../parts/format.ts';
import { Card, Page } from '../parts/page.tsx';
import { Empty, Shown } from '../parts/shown.tsx';
import { Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import { Processes } from './overview/lists.tsx';

/** Who is connected, and to which process. */
export function SessionsPage() {
  const sessions = useSessions();
  return (
    <Page title="Sessions">
      <Shown of={sessions}>
        {(data) => (
          <>
            {!data.complete && (
              <p className="notice notice-warn" role="status">
                A process did not answer in time; its sockets are missing here.
              </p>
            )}
            <Processes processes={data.processes} />
            <Sockets sessions={data} />
          </>
        )}
      </Shown>
    </Page>
  );
}

function Sockets({ sessions: { sockets, processes } }: { sessions: Sessions }) {
  const [ending, setEnding] = useState<SocketSession>();
  const api = useApi();
  const act = useAct();
  const processOf = (id: string): string => {
    const found = processes.find((process) => process.id === id);
    return found === undefined ? short(id) : `process ${found.pid}`;
  };
  return (
    <Card title={`Sockets (${count(sockets.length)})`} flush>
      {sockets.length === 0 ? (
        <Empty title="Nobody is connected." />
      ) : (
        <Table
          label="Sockets"
          rows={sockets}
          keyOf={({ id }) => id}
          columns={[
            {
              title: 'Who',
              kind: 'grow',
              cell: ({ user, role }) => (
                <>
                  <div className="wrap">
                    {user === null ? 'Anonymous' : (user.email ?? user.id)}
                  </div>
                  <div className="quiet small">{role ?? ''}</div>
                </>
              ),
            },
            {
              title: 'Rooms',
              kind: 'wide',
              cell: ({ rooms }) => <span className="wrap">{rooms.join(', ') || '–'}</span>,
            },
            { title: 'Where', kind: 'tight', cell: ({ processId }) => processOf(processId) },
            { title: 'Over', kind: 'tight', cell: ({ transport }) => transport },
            { title: 'Since', kind: 'tight', cell: ({ connectedAt }) => <Ago at={connectedAt} /> },
            {
              title: 'End',
              kind: 'tight',
              bare: true,
              cell: (socket) => (
                <Button
                  kind="danger"
                  className="button-small"
                  aria-label={`End the socket of ${socket.user?.email ?? 'an anonymous client'}`}
                  onClick={() => {
                    setEnding(socket);
                  }}
                >
                  End
                </Button>
              ),
            },
          ]}
        />
      )}
      {ending !== undefined && (
        <Confirm
          danger
          title="End this socket?"
          label="End it"
          onClose={() => {
            setEnding(undefined);
          }}
          act={() =>
            act({
              what: 'End the socket',
              work: () => api.disconnect(ending.id),
              done: () => 'The socket is ended.',
              quietly: true,
              changes: ['sessions'],
            })
          }
        >
          {ending.user?.email ?? 'The client'} is disconnected and does not come back by itself. The
          session behind it goes on.
        </Confirm>
      )}
    </Card>
  );
}
