import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useTheme } from '../shell/theme.ts';
import { clockTime } from './format.ts';

export type Ink = 'accent' | 'bad' | 'warn' | 'quiet';

export interface Series {
  title: string;
  /** The lines differ in their dashes as well. */
  ink: Ink;
  values: readonly (number | null)[];
}

interface ChartProps {
  title: string;
  /** Seconds since 1970, as many as values. */
  at: readonly number[];
  series: readonly Series[];
  show: (value: number | null) => string;
  small?: boolean;
}

const dashes: Record<Ink, number[]> = { accent: [], bad: [4, 3], warn: [6, 3], quiet: [2, 3] };

/** Lines over time. The legend has the values under the pointer, else the newest; it is also what is read out. */
export function Chart({ title, at, series, show, small = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [index, setIndex] = useState<number | null>();
  const theme = useTheme();
  const inks = series.map(({ ink }) => ink).join();

  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const made = new uPlot(
      optionsFor(host, inks.split(',') as Ink[], show, setIndex),
      undefined,
      host,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: host.clientWidth, height: host.clientHeight });
    });
    resized.observe(host);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [theme.shown, inks, show]);

  useEffect(() => {
    plot.current?.setData([[...at], ...series.map(({ values }) => [...values])]);
  });

  const shownAt = index ?? at.length - 1;
  const moment = at[shownAt];
  return (
    <figure className={small ? 'chart chart-small' : 'chart'} aria-label={title}>
      <ul className="legend">
        {series.map(({ title: name, ink, values }) => (
          <li key={name}>
            <svg viewBox="0 0 18 8" aria-hidden="true" className={`line-${ink}`}>
              <path d="M0 4h18" />
            </svg>
            {name} <b>{show(values[shownAt] ?? null)}</b>
          </li>
        ))}
        {moment !== undefined && <li>{clockTime(new Date(moment * 1_000))}</li>}
      </ul>
      <div className="chart-plot" ref={place} aria-hidden="true" />
    </figure>
  );
}

function optionsFor(
  host: HTMLElement,
  inks: readonly Ink[],
  show: (value: number | null) => string,
  onIndex: (index: number | null | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(host);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis: uPlot.Axis = {
    stroke: token('quiet'),
    font: `11px ${token('font')}`,
    grid: { stroke: token('line'), width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(least, (high || 0) * 1.15)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 64, size: 26, incrs: wholeMinutes, values: timesOf },
      {
        ...axis,
        size: 58,
        space: host.clientHeight < 120 ? 22 : 36,
        values: (_plot, ticks) => ticks.map(show),
      },
    ],
    series: [
      {},
      ...inks.map((ink) => ({
        stroke: token(ink),
        width: 1.5,
        dash: dashes[ink],
        points: { show: false },
        ...(ink === 'accent' ? { fill: token('chart-fill') } : {}),
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor }) => {
          onIndex(cursor.idx);
        },
      ],
    },
  };
}

/** So that an axis without anything on it has whole numbers. */
const least = 4;
const wholeMinutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * 60);

const timesOf = (_plot: uPlot, ticks: number[]): string[] =>
  ticks.map((tick) => clockTime(new Date(tick * 1_000)).slice(0, 5));
