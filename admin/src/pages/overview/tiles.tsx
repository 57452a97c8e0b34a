import type { Overview } from '../../api/types.ts';
import { count, duration, percent } from '../../parts/format.ts';

/** The last whole step of the series, in numbers. */
export function Tiles({ overview }: { overview: Overview }) {
  const { series, stepSeconds, queues, processes } = overview;
  // The newest step has only begun.
  const last = series?.at(-2) ?? series?.at(-1);
  const dead = queues?.reduce((sum, { counts }) => sum + counts.dead, 0);
  const waiting = queues?.reduce((sum, { counts }) => sum + counts.queued + counts.retrying, 0);
  const perMinute = last && (last.requests * 60) / stepSeconds;
  const sockets = processes
    ?.filter(({ alive }) => alive)
    .reduce((sum, process) => sum + process.sockets, 0);
  const tiles: readonly (readonly [name: string, value: string])[] = [
    ['Requests / min', perMinute === undefined ? '–' : count(perMinute)],
    ['Server errors', percent(last?.errors ?? 0, last?.requests ?? 0)],
    ['Latency p95', duration(last?.p95Ms)],
    ['Jobs waiting', waiting === undefined ? '–' : count(waiting)],
    ['Dead letters', dead === undefined ? '–' : count(dead)],
    ['Sockets', sockets === undefined ? '–' : count(sockets)],
  ];
  return (
    <dl className="tiles">
      {tiles.map(([name, value]) => (
        <div key={name} className="tile">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
