import { useApi } from '../../api/context.ts';
import type { Provider } from '../../api/types.ts';
import { useAct } from '../../api/use-act.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { FactList } from '../../parts/fact-list.tsx';
import { count, duration, percent, span } from '../../parts/format.ts';
import { Card } from '../../parts/page.tsx';
import { BreakerSign } from '../../parts/status.tsx';
import { Ago, useNow } from '../../parts/time.tsx';

export function ProviderCard({ provider }: { provider: Provider }) {
  const { name, breaker, latencyMs, calls, failures, inFlight, waiting, openings } = provider;
  const facts: readonly (readonly [string, string])[] = [
    ['p50', duration(latencyMs?.p50)],
    ['p95', duration(latencyMs?.p95)],
    ['p99', duration(latencyMs?.p99)],
    ['Calls in 5 min', count(calls)],
    ['Failed', calls === 0 ? '–' : `${count(failures)}, ${percent(failures, calls)}`],
    ['In flight', count(inFlight)],
    ['Waiting', count(waiting)],
    ['Openings', count(openings)],
  ];
  return (
    <Card title={name} actions={<BreakerSign state={breaker} />}>
      <Trouble provider={provider} />
      <FactList facts={facts} />
      <Quota provider={provider} />
      {provider.lastError !== null && (
        <div>
          <p className="quiet small">Last error</p>
          <p className="mono wrap">{provider.lastError}</p>
        </div>
      )}
    </Card>
  );
}

/** Why calls are held back, until when, and the way to let them go at once. */
function Trouble({ provider }: { provider: Provider }) {
  const { name, breaker, openedAt, retryAt, pausedUntil } = provider;
  const now = useNow(1_000);
  const api = useApi();
  const act = useAct();
  const paused = pausedUntil !== null && Date.parse(pausedUntil) > now;
  if (breaker === 'closed' && !paused) return null;
  const tries = retryAt === null ? 0 : Math.ceil((Date.parse(retryAt) - now) / 1_000);
  return (
    <div className={`notice ${breaker === 'open' ? 'notice-bad' : 'notice-warn'} spread`}>
      <span>
        {breaker === 'open' && (
          <>
            Calls are refused at once
            {openedAt !== null && (
              <>
                {' '}
                since <Ago at={openedAt} />
              </>
            )}
            . {tries > 0 ? `One is let through in ${span(tries)}.` : 'The next one is let through.'}
          </>
        )}
        {breaker === 'half-open' && 'One call is let through; what becomes of it decides.'}
        {breaker === 'closed' && paused && (
          <>
            It asked for a pause; calls go on <Ago at={pausedUntil} />.
          </>
        )}
      </span>
      <ActButton
        className="button-small"
        aria-label={`Reset the breaker of ${name}`}
        act={() =>
          act({
            what: `Reset ${name}`,
            work: () => api.resetProvider(name),
            done: () => `The breaker of ${name} is closed.`,
            changes: ['providers', 'overview'],
          })
        }
      >
        Reset
      </ActButton>
    </div>
  );
}

function Quota({ provider: { name, quota } }: { provider: Provider }) {
  if (quota === null) return null;
  const { limit, remaining, resetsAt } = quota;
  return (
    <div className="stack">
      <div>
        <p className="spread small">
          <span className="quiet">Quota</span>
          <span>
            {count(remaining)} {limit === null ? 'left' : `of ${count(limit)} left`}
            {resetsAt !== null && (
              <span className="quiet">
                , anew <Ago at={resetsAt} />
              </span>
            )}
          </span>
        </p>
        {limit !== null && (
          <meter
            className="meter"
            aria-label={`Quota left of ${name}`}
            min={0}
            max={limit}
            low={limit / 10}
            optimum={limit}
            value={remaining}
          />
        )}
      </div>
    </div>
  );
}
