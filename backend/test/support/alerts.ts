import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
export const alertsFolder = join(docs, 'observability');
const read = (...path: string[]): string => readFileSync(join(docs, ...path), 'utf8');

export interface Alert {
  name: string;
  expression: string;
  /** As the rule says it, from the root of the checkout. */
  runbook: string;
}

export interface Runbook {
  /** From the root of the checkout. */
  path: string;
  title: string;
  text: string;
}

export const runbookSections = ['Symptom', 'What it means', 'What to look at', 'What to do'];

export function readAlerts(): Alert[] {
  const [, ...rules] = read('observability', 'alerts.yml').split(/^ *- alert: /m);
  return rules.map((rule) => ({
    name: /^\w+/.exec(rule)?.[0] ?? '',
    expression: /^ *expr: '(.*)'$/m.exec(rule)?.[1] ?? '',
    runbook: /^ *runbook: (\S+)$/m.exec(rule)?.[1] ?? '',
  }));
}

export function readRunbooks(): Runbook[] {
  return globSync('*.md', { cwd: join(docs, 'runbooks') }).map((file) => {
    const text = read('runbooks', file);
    return {
      path: `docs/runbooks/${basename(file)}`,
      title: /^# (.+)$/m.exec(text)?.[1] ?? '',
      text,
    };
  });
}

/** Per tested alert, what is expected of it at each moment: how many alerts fire. */
export function readAlertTests(): Map<string, number[]> {
  const [, ...moments] = read('observability', 'alerts.test.yml').split(/^ *- eval_time: /m);
  const expected = new Map<string, number[]>();
  for (const moment of moments) {
    const name = /^ *alertname: (\w+)$/m.exec(moment)?.[1] ?? '';
    const firing = moment.match(/^ *- exp_labels:/gm)?.length ?? 0;
    expected.set(name, [...(expected.get(name) ?? []), firing]);
  }
  return expected;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  datasource?: { uid: string };
  targets?: { expr: string; datasource: { uid: string } }[];
}

export interface Dashboard {
  uid: string;
  panels: Panel[];
  templating: { list: { name: string; type: string }[] };
  annotations: { list: { expr: string }[] };
}

/** The server's, and that of each module which has one. */
export const readDashboards = (): Dashboard[] =>
  [join(alertsFolder, 'dashboard.json'), ...ofModules('dashboard.json')].map(
    (path) => JSON.parse(readFileSync(path, 'utf8')) as Dashboard,
  );

/** What the modules say of themselves. */
export const modulePages = (): string[] => ofModules('README.md');

const ofModules = (file: string): string[] =>
  globSync(join(import.meta.dirname, '..', '..', 'src', 'modules', '*', file));

/** The metrics that an expression of PromQL, or a page, names: what is summed or counted of a histogram is the histogram. */
export function metricsNamed(text: string): string[] {
  const names = text.match(/\b(?:bulwark|process|nodejs)_[a-z0-9_]*[a-z0-9]\b/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(?:bucket|sum|count)$/, '')))];
}

/** By metric, the labels that an expression of PromQL asks for; not those which every scrape adds. */
export function labelsNamed(text: string): Map<string, Set<string>> {
  const labels = new Map<string, Set<string>>();
  for (const [, name = '', selector = ''] of text.matchAll(/\b(bulwark_\w+)\{([^}]*)\}/g)) {
    const metric = name.replace(/_(?:bucket|sum|count)$/, '');
    const known = labels.get(metric) ?? new Set();
    for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!['job', 'instance', 'le'].includes(label)) known.add(label);
    labels.set(metric, known);
  }
  return labels;
}

/** The metrics of a scrape, with those that have no series yet. */
export const metricsServed = (scraped: string): Set<string> =>
  new Set([...scraped.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? ''));

/** What makes a server show every metric that it has: some belong to parts that are off by default. */
export const everyMetric = {
  METRICS_PORT: '0',
  // Nothing listens there. The server starts all the same, and shows that it is down.
  REDIS_URL: 'redis://127.0.0.1:1',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
};
