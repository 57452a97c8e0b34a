import { useState, type SubmitEvent } from 'react';
import { useSearchParams } from 'react-router';
import { useLogs } from '../../api/queries.ts';
import { logLevels, type LogFilter, type LogRow } from '../../api/types.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { Older } from '../../parts/older.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Switch } from '../../parts/switch.tsx';
import { LogLine } from './log-line.tsx';
import { useTail } from './tail.ts';

/** What the processes log, newest first. */
export function LogsPage() {
  const [params, setParams] = useSearchParams();
  const filter: LogFilter = {
    level: logLevels.find((each) => each === params.get('level')),
    text: params.get('text') ?? undefined,
    requestId: params.get('requestId') ?? undefined,
  };
  const change = (wanted: LogFilter) => {
    const next = Object.entries({ ...filter, ...wanted }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    );
    setParams(next, { replace: true });
  };
  return <LogView key={JSON.stringify(filter)} filter={filter} onFilter={change} />;
}

function LogView({ filter, onFilter }: { filter: LogFilter; onFilter: (to: LogFilter) => void }) {
  const [follow, setFollow] = useState(false);
  const logs = useLogs(filter);
  const older = logs.data?.pages.flatMap(({ rows }) => rows);
  const newer = useTail(filter, older?.[0]?.id, follow && older !== undefined);
  return (
    <Page
      title="Logs"
      actions={
        <>
          <span className="quiet">Live tail</span>
          <Switch label="Live tail" on={follow} onChange={setFollow} />
          {!follow && <Button onClick={() => void logs.refetch()}>Refresh</Button>}
        </>
      }
    >
      <Filters filter={filter} onChange={onFilter} />
      <Shown of={{ ...logs, data: older }}>
        {(rows) => (
          <Card flush>
            <Lines rows={merged(newer, rows)} onFilter={onFilter} />
            <Older of={logs} />
          </Card>
        )}
      </Shown>
    </Page>
  );
}

/** After a refresh the two may overlap. */
function merged(newer: readonly LogRow[], older: readonly LogRow[]): readonly LogRow[] {
  const known = new Set(older.map(({ id }) => id));
  return [...newer.filter(({ id }) => !known.has(id)), ...older];
}

function Lines(props: { rows: readonly LogRow[]; onFilter: (to: LogFilter) => void }) {
  const { rows, onFilter } = props;
  if (rows.length === 0)
    return <Empty title="No line is like that.">Lines appear within a second or two.</Empty>;
  return (
    <ol aria-label="Log lines" className="log">
      {rows.map((row) => (
        <li key={row.id}>
          <LogLine row={row} onFilter={onFilter} />
        </li>
      ))}
    </ol>
  );
}

function Filters({ filter, onChange }: { filter: LogFilter; onChange: (to: LogFilter) => void }) {
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    onChange({
      level: logLevels.find((level) => level === text('level')),
      text: text('text'),
      requestId: text('requestId'),
    });
  };
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return (
    <form className="filters" role="search" onSubmit={onSubmit}>
      <Field label="Level">
        <select
          name="level"
          value={filter.level ?? ''}
          onChange={(event) => {
            event.currentTarget.form?.requestSubmit();
          }}
        >
          <option value="">All levels</option>
          {logLevels.map((level) => (
            <option key={level} value={level}>
              {level === 'fatal' ? 'fatal' : `${level} and worse`}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Text">
        <input name="text" type="search" defaultValue={filter.text} />
      </Field>
      <Field label="Request id">
        <input name="requestId" type="search" className="mono" defaultValue={filter.requestId} />
      </Field>
      <Button type="submit">Search</Button>
      {filtered && (
        <Button
          kind="bare"
          onClick={() => {
            onChange({ level: undefined, text: undefined, requestId: undefined });
          }}
        >
          Clear
        </Button>
      )}
    </form>
  );
}
