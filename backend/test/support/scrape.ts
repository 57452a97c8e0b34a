/** The series of one scrape: `name{label="value"}` as the server wrote it, and its value. */
export type Series = ReadonlyMap<string, number>;

/** Reads `/metrics`; rejects for anything but a whole scrape. */
export async function scrape(url: string, token?: string): Promise<Series> {
  const response = await fetch(`${url}/metrics`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(15_000),
  });
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return parseSeries(await response.text());
}

export function parseSeries(text: string): Series {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1).replace('Inf', 'Infinity'))];
    }),
  );
}

/** Where a server says that its metrics are, from its log. */
export function metricsUrl(logLines: readonly Record<string, unknown>[]): string {
  const line = logLines.find(({ msg }) => msg === 'Metrics ready');
  if (!line) throw new Error('The server has not opened its metrics');
  return `http://127.0.0.1:${String(line.port)}`;
}

/** The sum of all series of this name whose labels are these, among others. */
export function sumOf(
  series: Series,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const [key, value] of series) {
    const [own = '', rest = ''] = key.replace(/\}$/, '').split('{', 2);
    if (own !== name) continue;
    const found = rest === '' ? [] : rest.split(/(?<="),(?=\w+=")/);
    if (wanted.every((pair) => found.includes(pair))) sum += value;
  }
  return sum;
}

/** What the second scrape has and the first has not. Garbage collections have kinds that come when they come. */
export function addedSeries(before: Series, after: Series): string[] {
  return [...after.keys()].filter((key) => !before.has(key) && !key.startsWith('nodejs_gc'));
}
