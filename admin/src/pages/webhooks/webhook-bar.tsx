import { useState } from 'react';
import type { Webhook } from '../../api/webhook-types.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { SelectAll } from '../../parts/select-all.tsx';
import { useReplay, webhooksInWords } from './use-replay.ts';

interface WebhookBarProps {
  rows: readonly Webhook[];
  chosen: readonly Webhook[];
  onSelect: (ids: ReadonlySet<string>) => void;
  more: boolean;
}

/** Selecting many, and what can be done to those that are selected. */
export function WebhookBar({ rows, chosen, onSelect, more }: WebhookBarProps) {
  const replay = useReplay();
  const [asking, setAsking] = useState(false);
  return (
    <div className="card-head spread">
      <SelectAll rows={rows} chosen={chosen} onSelect={onSelect} more={more} />
      <Button
        disabled={chosen.length === 0}
        onClick={() => {
          setAsking(true);
        }}
      >
        Replay
      </Button>
      {asking && (
        <Confirm
          title={`Replay ${webhooksInWords(chosen.length)}?`}
          label="Replay"
          onClose={() => {
            setAsking(false);
          }}
          act={() =>
            replay.some(
              chosen.map(({ id }) => id),
              true,
            )
          }
        >
          {replayMeans}
        </Confirm>
      )}
    </div>
  );
}

export const replayMeans =
  'The handlers ask the provider for the present state, so what was done already is not done twice. What nobody handles is parked again.';
