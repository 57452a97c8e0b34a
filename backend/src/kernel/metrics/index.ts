import { Counter, Gauge, Histogram, Registry } from 'prom-client';

type Labels<L extends string> = Readonly<Record<L, string>>;

/** Goes up only. */
export interface CounterMetric<L extends string> {
  add(labels: Labels<L>, by?: number): void;
}

/** What took how long or was how big, in buckets. */
export interface HistogramMetric<L extends string> {
  observe(labels: Labels<L>, value: number): void;
}

/** One sample of a gauge: a value, and the labels that tell it from the others. */
export interface Sample<L extends string> {
  labels: Labels<L>;
  value: number;
}

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
    read: () => readonly Sample<L>[] | number,
    labelNames?: readonly L[],
  ): void;
  /** For what prom-client itself collects, and for the scrape. */
  readonly registry: Registry;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []) {
      const counter = new Counter<L>({ name, help, labelNames, registers });
      return {
        add: (labels: Labels<L>, by = 1) => {
          counter.inc(labels, by);
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
        registers,
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
      const histogram = new Histogram<L>({
        name,
        help,
        labelNames,
        buckets: [...buckets],
        registers,
      });
      return {
        observe: (labels: Labels<L>, value: number) => {
          histogram.observe(labels, value);
        },
      };
    },
    gauge<L extends string>(
      name: string,
      help: string,
      read: () => readonly Sample<L>[] | number,
      labelNames: readonly L[] = [],
    ) {
      new Gauge<L>({
        name,
        help,
        labelNames,
        registers,
        collect() {
          const samples = read();
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
