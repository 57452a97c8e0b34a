import { useState, type SubmitEvent } from 'react';
import { useApi } from '../../api/context.ts';
import { useChoices } from '../../api/queries.ts';
import type { Action, ActionField } from '../../api/types.ts';
import { useAct } from '../../api/use-act.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { inWords } from '../../parts/format.ts';

type Values = Readonly<Record<string, string>>;

/** The form of an action, as the module that brings it describes it. */
export function ActionDialog({ action, onClose }: { action: Action; onClose: () => void }) {
  const api = useApi();
  const act = useAct();
  const [values, setValues] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');

  const change = (changed: string, value: string) => {
    setValues((now) => {
      // What was chosen from the choices of another value is none any more.
      const stale = action.fields.filter(({ dependsOn }) => dependsOn === changed);
      return {
        ...now,
        ...Object.fromEntries(stale.map(({ name }) => [name, ''])),
        [changed]: value,
      };
    });
  };
  const send = async (): Promise<void> => {
    setBusy(true);
    setFault('');
    try {
      await act({
        what: action.title,
        work: () => api.run(action.name, inputOf(action, values)),
        done: ({ message }) => message,
        quietly: true,
        changes: ['queues', 'jobs', 'overview'],
      });
      onClose();
    } catch (error) {
      setFault(inWords(error));
      setBusy(false);
    }
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!busy) void send();
  };

  return (
    <Dialog title={action.title} onClose={onClose}>
      <form className="stack" onSubmit={onSubmit}>
        {action.description !== '' && <p className="quiet">{action.description}</p>}
        {action.fields.map((field) => (
          <ActionInput
            key={field.name}
            action={action.name}
            field={field}
            values={values}
            onChange={(value) => {
              change(field.name, value);
            }}
          />
        ))}
        <p className="fault" role="alert">
          {fault}
        </p>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Enqueue
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface InputProps {
  action: string;
  field: ActionField;
  values: Values;
  onChange: (value: string) => void;
}

function ActionInput({ action, field, values, onChange }: InputProps) {
  const { name, label, kind, required, help, dependsOn } = field;
  const chosen = dependsOn === null ? '' : (values[dependsOn] ?? '');
  const dependent = useChoices(action, name, chosen);
  const choices = dependsOn === null ? field.choices : dependent.data;
  const value = values[name] ?? '';
  // Where the choices cannot be read, whoever knows the value can still say it.
  const asText = kind !== 'select' || (choices ?? null) === null;
  const waiting = kind === 'select' && dependsOn !== null && !dependent.isError && asText;

  return (
    <Field label={label} hint={help ?? undefined}>
      {waiting ? (
        <select disabled>
          <option>{chosen === '' ? 'Choose the one above first' : 'Loading…'}</option>
        </select>
      ) : asText ? (
        <input
          type={kind === 'number' ? 'number' : 'text'}
          value={value}
          required={required}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        />
      ) : (
        <select
          value={value}
          required={required}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        >
          <option value="">Choose…</option>
          {choices?.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** What is empty is left out: its default is the module's. */
function inputOf({ fields }: Action, values: Values): Record<string, unknown> {
  const given = fields.flatMap(({ name, kind }) => {
    const value = values[name] ?? '';
    return value === '' ? [] : [[name, kind === 'number' ? Number(value) : value] as const];
  });
  return Object.fromEntries(given);
}
