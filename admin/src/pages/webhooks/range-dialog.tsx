import { useState, type SubmitEvent } from 'react';
import { useApi } from '../../api/context.ts';
import { webhookStates, type WebhookFilter, type WebhookRange } from '../../api/webhook-types.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm, Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { fullTime, inWords } from '../../parts/format.ts';
import { textOf } from '../../parts/search-filter.ts';
import { webhookTitle } from '../../parts/status.tsx';
import { useReplay, webhooksInWords } from './use-replay.ts';
import { replayMeans } from './webhook-bar.tsx';

interface RangeDialogProps {
  providers: readonly string[];
  filter: WebhookFilter;
  onClose: () => void;
}

/** Those of a time: first which, then whether, knowing how many. */
export function RangeDialog({ providers, filter, onClose }: RangeDialogProps) {
  const replay = useReplay();
  const [found, setFound] = useState<{ range: WebhookRange; many: number }>();
  if (found === undefined)
    return (
      <WhichDialog
        providers={providers}
        filter={filter}
        onClose={onClose}
        onFound={(range, many) => {
          setFound({ range, many });
        }}
      />
    );
  const { range, many } = found;
  return (
    <Confirm
      title={`Replay ${webhooksInWords(many)} of ${range.provider}?`}
      label="Replay"
      onClose={onClose}
      act={() => replay.range(range)}
    >
      Those that came from {fullTime(range.from)} to {fullTime(range.to)}
      {range.state === undefined ? '' : ` and are ${range.state}`}. {replayMeans}
    </Confirm>
  );
}

function WhichDialog(
  props: RangeDialogProps & { onFound: (range: WebhookRange, many: number) => void },
) {
  const { providers, filter, onClose, onFound } = props;
  const api = useApi();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const [hourAgo] = useState(() => new Date(Date.now() - 3_600_000));
  const [soon] = useState(() => new Date(Date.now() + 60_000));

  const find = async (range: WebhookRange): Promise<void> => {
    setBusy(true);
    setFault('');
    try {
      const many = await api.webhooksInRange(range);
      if (many > 0) onFound(range, many);
      else setFault(`No ${range.state ?? 'such'} webhook of ${range.provider} came in that time.`);
    } catch (error) {
      setFault(inWords(error));
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const [from, to] = [new Date(textOf(form, 'from')), new Date(textOf(form, 'to'))];
    const state = webhookStates.find((each) => each === textOf(form, 'state'));
    if (from > to) setFault('It ends before it begins.');
    else if (!busy)
      void find({
        provider: textOf(form, 'provider'),
        from: from.toISOString(),
        to: to.toISOString(),
        ...(state === undefined ? {} : { state }),
      });
  };
  return (
    <Dialog title="Replay a range of time" onClose={onClose}>
      <form className="stack" onSubmit={onSubmit}>
        <Field label="Provider">
          <select name="provider" defaultValue={filter.provider}>
            {providers.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field label="State">
          <select name="state" defaultValue={filter.state ?? 'failed'}>
            <option value="">Any</option>
            {webhookStates.map((state) => (
              <option key={state} value={state}>
                {webhookTitle(state)}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Came from">
          <input name="from" type="datetime-local" required defaultValue={local(hourAgo)} />
        </Field>
        <Field label="To" hint="In this browser’s time zone.">
          <input name="to" type="datetime-local" required defaultValue={local(soon)} />
        </Field>
        <p className="fault" role="alert">
          {fault}
        </p>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Count them
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** As the control takes it: the browser's own time, to the minute. */
function local(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
