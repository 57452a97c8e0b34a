import { useState, type SubmitEvent } from 'react';
import { useApi } from '../../api/context.ts';
import { roles, type Flag, type FlagRule } from '../../api/types.ts';
import { useAct } from '../../api/use-act.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { inWords } from '../../parts/format.ts';

/** Makes a flag, or changes one. A change that came from somebody else in the meantime is not overwritten. */
export function FlagDialog({ flag, onClose }: { flag: Flag | undefined; onClose: () => void }) {
  const api = useApi();
  const act = useAct();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const [percentage, setPercentage] = useState(flag?.percentage ?? 100);

  const save = async (form: FormData): Promise<void> => {
    const name = flag?.name ?? textOf(form, 'name');
    setBusy(true);
    setFault('');
    try {
      await act({
        what: `Save ${name}`,
        work: () => api.setFlag(name, { ...ruleOf(form), version: flag?.version ?? 0 }),
        done: () => `${name} is saved. Every process knows within 2 s.`,
        quietly: true,
        changes: ['flags'],
      });
      onClose();
    } catch (error) {
      setFault(inWords(error));
      setBusy(false);
    }
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!busy) void save(new FormData(event.currentTarget));
  };

  return (
    <Dialog title={flag === undefined ? 'New flag' : flag.name} onClose={onClose}>
      <form className="stack" onSubmit={onSubmit}>
        {flag === undefined && (
          <Field label="Name" hint="Lower case letters, digits, dots, dashes, underscores">
            <input
              name="name"
              className="mono"
              required
              autoFocus
              pattern="[a-z0-9][a-z0-9._\-]{0,99}"
            />
          </Field>
        )}
        <Field label="Description">
          <input name="description" maxLength={500} defaultValue={flag?.description} />
        </Field>
        <label className="check">
          <input name="enabled" type="checkbox" defaultChecked={flag?.enabled ?? true} />
          On
        </label>
        <Field label={`Share of users: ${percentage} %`} hint="Always the same users">
          <input
            name="percentage"
            type="range"
            min={0}
            max={100}
            value={percentage}
            onChange={(event) => {
              setPercentage(Number(event.target.value));
            }}
          />
        </Field>
        <fieldset className="plain">
          <legend className="field-label">Also for these roles</legend>
          <div className="row">
            {roles.map((role) => (
              <label key={role} className="check">
                <input
                  name="roles"
                  type="checkbox"
                  value={role}
                  defaultChecked={flag?.roles.includes(role)}
                />
                {role}
              </label>
            ))}
          </div>
        </fieldset>
        <Field label="Also for these users" hint="Their ids, one a line">
          <textarea name="users" className="mono" defaultValue={flag?.users.join('\n')} />
        </Field>
        <p className="fault" role="alert">
          {fault}
        </p>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

function ruleOf(form: FormData): FlagRule {
  return {
    enabled: form.get('enabled') !== null,
    percentage: Number(form.get('percentage')),
    users: textOf(form, 'users')
      .split(/[\s,]+/)
      .filter((id) => id !== ''),
    roles: roles.filter((role) => form.getAll('roles').includes(role)),
    description: textOf(form, 'description'),
  };
}
