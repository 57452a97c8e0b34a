import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client';

export type Labels<L extends string> = Readonly<Record<L, string>>;

/** One instrument keeps at most this many series, so that a label that should not be one cannot fill the memory. */
const mostSeries = 2_000;
const overflow = 'overflow';

interface Instrument<L extends string> {
  name: string;
  help: string;
  type: 'counter' | 'histogram';
  labelNames: readonly L[];
}

/**
 * The series of one instrument, by their labels. prom-client puts a key together at every count (0.5 µs); here it is done
 * once for whoever keeps the series. Past the limit all further ones are a single one, labelled `overflow`.
 */
export function createSeriesSet<L extends string, S>(
  registry: Registry,
  instrument: Instrument<L>,
  make: () => S,
  valuesOf: (series: S, labels: Labels<L>) => readonly MetricValue<string>[],
): (labels: Labels<L>) => S {
  const { labelNames, ...description } = instrument;
  const all = new Map<string, { labels: Labels<L>; series: S }>();
  const keyOf = (labels: Labels<L>): string => {
    let key = '';
    for (const name of labelNames) key += `${labels[name]}\n`;
    return key;
  };
  const get = (labels: Labels<L>): S => {
    const key = keyOf(labels);
    const known = all.get(key);
    if (known) return known.series;
    if (all.size >= mostSeries && labels[labelNames[0] as L] !== overflow) {
      return get(Object.fromEntries(labelNames.map((name) => [name, overflow])) as Labels<L>);
    }
    const series = make();
    // A copy of the declared labels only: nothing else that the object holds gets out.
    const own = Object.fromEntries(labelNames.map((name) => [name, labels[name]])) as Labels<L>;
    all.set(key, { labels: own, series });
    return series;
  };
  // Counting from the start lets an alert see the first increase.
  if (labelNames.length === 0) get({} as Labels<L>);

  const collected = {
    ...description,
    get: (): Promise<MetricObjectWithValues<MetricValue<string>>> =>
      Promise.resolve({
        ...description,
        aggregator: 'sum',
        values: [...all.values()].flatMap(({ labels, series }) => valuesOf(series, labels)),
      } as unknown as MetricObjectWithValues<MetricValue<string>>),
  };
  // The registry asks a metric for no more than this.
  registry.registerMetric(collected as unknown as Parameters<Registry['registerMetric']>[0]);
  return get;
}

export class Count {
  value = 0;

  add(by = 1): void {
    this.value += by;
  }
}

/** How many values were at most how big. */
export class Distribution {
  readonly #bounds: readonly number[];
  /** One for each bound, and one for what is beyond the last. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index += 1;
    (this.#counts[index] as number) += 1;
    this.#sum += value;
  }

  /** In Prometheus' form: each bucket holds the smaller ones too. */
  values(name: string, labels: Readonly<Record<string, string>>): MetricValue<string>[] {
    let count = 0;
    const buckets = this.#counts.map((own, index) => {
      count += own;
      const le = String(this.#bounds[index] ?? '+Inf');
      return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: this.#sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ] as unknown as MetricValue<string>[];
  }
}
