import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
const docs = join(root, 'docs');
export const alertsFolder = join(docs, 'observability');

const ofModules = (file: string): string[] =>
  globSync(join(root, 'backend', 'src', 'modules', '*', file));

/** Where rules and their tests lie: the server's own, and those of each module that has some. */
export const alertsFolders: readonly string[] = [
  alertsFolder,
  ...ofModules('alerts.yml').map((path) => dirname(path)),
];

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

/** What stands behind each of these marks, in the file of this name of every folder. */
const parts = (file: string, mark: RegExp): string[] =>
  alertsFolders.flatMap((folder) => readFileSync(join(folder, file), 'utf8').split(mark).slice(1));

export function readAlerts(): Alert[] {
  return parts('alerts.yml', /^ *- alert: /m).map((rule) => ({
    name: /^\w+/.exec(rule)?.[0] ?? '',
    expression: /^ *expr: '(.*)'$/m.exec(rule)?.[1] ?? '',
    runbook: /^ *runbook: (\S+)$/m.exec(rule)?.[1] ?? '',
  }));
}

export function readRunbooks(): Runbook[] {
  const files = [...globSync(join(docs, 'runbooks', '*.md')), ...ofModules('runbooks/*.md')];
  return files.map((file) => {
    const text = readFileSync(file, 'utf8');
    return {
      path: relative(root, file),
      title: /^# (.+)$/m.exec(text)?.[1] ?? '',
      text,
    };
  });
}

/** Per tested alert, what is expected of it at each moment: how many alerts fire. */
export function readAlertTests(): Map<string, number[]> {
  const expected = new Map<string, number[]>();
  for (const moment of parts('alerts.test.yml', /^ *- eval_time: /m)) {
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
