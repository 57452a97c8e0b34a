import { Counter, Gauge, Registry } from 'prom-client';
import { Count, createSeriesSet, Distribution, type Labels } from './series.ts';

/** Goes up only. */
export interface CounterMetric<L extends string> {
  add(labels: Labels<L>, by?: number): void;
  /** The series of these labels, for what counts often: kept, it costs no lookup. */
  series(labels: Labels<L>): { add(by?: number): void };
}

/** What took how long or was how big, in buckets. */
export interface HistogramMetric<L extends string> {
  observe(labels: Labels<L>, value: number): void;
  series(labels: Labels<L>): { observe(value: number): void };
}

/** One sample of a gauge: a value, and the labels that tell it from the others. */
export interface Sample<L extends string> {
  labels: Labels<L>;
  value: number;
}

type Reading<L extends string> = readonly Sample<L>[] | number;

/**
 * The numbers of one server, by Prometheus' rules: base units (seconds, bytes), `bulwark_` in front, `_total` behind what
 * counts. Labels are from small closed sets; an id, an address or a raw path is never one.
 */
export interface Metrics {
  counter<L extends string = never>(
    name: `bulwark_${string}_total`,
    help: string,
    labelNames?: readonly L[],
  ): CounterMetric<L>;
  /** The same for what its owner counts itself, on paths where even adding would be seen: `read` is called at each scrape. */
  tally<L extends string = never>(
    name: `bulwark_${string}_total`,
    help: string,
    read: () => readonly Sample<L>[],
    labelNames?: readonly L[],
  ): void;
  histogram<L extends string = never>(
    name: `bulwark_${string}`,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly L[],
  ): HistogramMetric<L>;
  /** `read` is called at each scrape and costs nothing in between. */
  gauge<L extends string = never>(
    name: `bulwark_${string}`,
    help: string,
    read: () => Reading<L> | Promise<Reading<L>>,
    labelNames?: readonly L[],
  ): void;
  /** For what prom-client itself collects, and for the scrape. */
  readonly registry: Registry;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  return {
    registry,
    counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []) {
      const series = createSeriesSet(
        registry,
        { name, help, type: 'counter', labelNames },
        () => new Count(),
        ({ value }, labels) => [{ labels, value }],
      );
      return {
        series,
        add: (labels: Labels<L>, by?: number) => {
          series(labels).add(by);
        },
      };
    },
    tally<L extends string>(
      name: string,
      help: string,
      read: () => readonly Sample<L>[],
      labelNames: readonly L[] = [],
    ) {
      new Counter<L>({
        name,
        help,
        labelNames,
        registers: [registry],
        collect() {
          this.reset();
          for (const { labels, value } of read()) this.inc(labels, value);
        },
      });
    },
    histogram<L extends string>(
      name: string,
      help: string,
      buckets: readonly number[],
      labelNames: readonly L[] = [],
    ) {
      const series = createSeriesSet(
        registry,
        { name, help, type: 'histogram', labelNames },
        () => new Distribution(buckets),
        (distribution, labels) => distribution.values(name, labels),
      );
      return {
        series,
        observe: (labels: Labels<L>, value: number) => {
          series(labels).observe(value);
        },
      };
    },
    gauge<L extends string>(
      name: string,
      help: string,
      read: () => Reading<L> | Promise<Reading<L>>,
      labelNames: readonly L[] = [],
    ) {
      new Gauge<L>({
        name,
        help,
        labelNames,
        registers: [registry],
        async collect() {
          const samples = await read();
          if (typeof samples === 'number') {
            this.set(samples);
            return;
          }
          this.reset();
          for (const { labels, value } of samples) this.set(labels, value);
        },
      });
    },
  };
}
