import { useState } from 'react';
import { useApi } from '../../api/context.ts';
import { useSandbox } from '../../api/queries.ts';
import type { Faults, SandboxProvider } from '../../api/types.ts';
import { useAct } from '../../api/use-act.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { count } from '../../parts/format.ts';
import { Card } from '../../parts/page.tsx';
import { Status } from '../../parts/status.tsx';
import { faultsInWords, presets, type Preset } from './faults.ts';

/** In development: has the stand-ins of the providers misbehave. There is none in production. */
export function Sandbox() {
  const { data } = useSandbox();
  if (data === undefined || data.length === 0) return null;
  return (
    <Card title="Sandbox" flush>
      <ul className="list">
        {data.map((provider) => (
          <li key={provider.name}>
            <SandboxRow provider={provider} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function SandboxRow({ provider }: { provider: SandboxProvider }) {
  const { name, title, faults, calls, spoilt } = provider;
  const api = useApi();
  const act = useAct();
  const [chosen, setChosen] = useState<Preset>('down');
  const wrong = faults === null ? '' : faultsInWords(faults);
  const set = (wanted: Faults | null, done: string) =>
    act({
      what: `Sandbox ${name}`,
      work: () => api.setFaults(name, wanted),
      done: () => done,
      changes: ['providers'],
    });
  return (
    <div className="spread">
      <div>
        <h3>{title}</h3>
        <Status tone={wrong === '' ? 'good' : 'warn'} className="small">
          {wrong === '' ? 'Behaves' : `Misbehaves: ${wrong}`}
        </Status>
        <p className="quiet small">
          {count(calls)} calls, {count(spoilt)} of them spoilt
        </p>
      </div>
      <div className="row">
        <select
          className="fit"
          aria-label={`What ${name} does wrong`}
          value={chosen}
          onChange={(event) => {
            setChosen(event.target.value as Preset);
          }}
        >
          {Object.entries(presets).map(([preset, [title]]) => (
            <option key={preset} value={preset}>
              {title}
            </option>
          ))}
        </select>
        <ActButton
          aria-label={`Break ${name}`}
          act={() => set(presets[chosen][1], `${name} misbehaves now.`)}
        >
          Break
        </ActButton>
        <ActButton
          aria-label={`Heal ${name}`}
          disabled={wrong === ''}
          act={() => set(null, `${name} behaves again.`)}
        >
          Heal
        </ActButton>
      </div>
    </div>
  );
}
