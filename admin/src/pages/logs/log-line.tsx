import { useState } from 'react';
import type { LogFilter, LogRow } from '../../api/types.ts';
import { Button } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { clockTime, fullTime, short } from '../../parts/format.ts';
import { LevelSign } from '../../parts/status.tsx';
import { gist } from './gist.ts';

/** One line, and its fields when it is opened. */
export function LogLine({ row, onFilter }: { row: LogRow; onFilter: (to: LogFilter) => void }) {
  const { at, level, message, requestId, fields } = row;
  const [open, setOpen] = useState(false);
  return (
    <details
      className="log-row"
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        <time dateTime={at} title={fullTime(at)}>
          {clockTime(at)}
        </time>
        <LevelSign level={level} />
        <span className="message wrap">
          {message} <span className="quiet">{gist(fields)}</span>
        </span>
        <span className="short-id mono quiet">{requestId === null ? '' : short(requestId)}</span>
      </summary>
      {open && (
        <div className="log-more">
          <div className="row quiet small">
            {fullTime(at)}
            {requestId !== null && (
              <>
                <code className="wrap">{requestId}</code>
                <Button
                  className="button-small"
                  onClick={() => {
                    onFilter({ requestId, level: undefined, text: undefined });
                  }}
                >
                  All lines of this request
                </Button>
              </>
            )}
          </div>
          <Code label="Fields" value={fields} />
        </div>
      )}
    </details>
  );
}
