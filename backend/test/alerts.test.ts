import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  alertsFolder,
  alertsFolders,
  everyMetric,
  labelsNamed,
  metricsNamed,
  metricsServed,
  modulePages,
  readAlerts,
  readAlertTests,
  readDashboards,
  readRunbooks,
  runbookSections,
} from './support/alerts.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { metricsUrl } from './support/scrape.ts';

const alerts = readAlerts();
const runbooks = readRunbooks();
const dashboards = readDashboards();
const panels = dashboards.flatMap((dashboard) =>
  dashboard.panels.filter(({ type }) => type !== 'row'),
);
const expressionsOfPanels = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboards.flatMap(({ annotations }) => annotations.list.map(({ expr }) => expr)),
];
/** The table of docs/operations.md, and those of the modules that are there. */
const documented = new Map(
  [join(alertsFolder, '..', 'operations.md'), ...modulePages()].flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/^\| `(bulwark_\w+)` *\| ([^|]*)\|/gm)].map(
      ([, name = '', labels = '']) => [name, new Set(labels.match(/\w+/g))] as const,
    ),
  ),
);

let app: TestApp;
let scraped: string;
let served: ReadonlySet<string>;

beforeAll(async () => {
  app = await startTestApp({ environment: everyMetric });
  const response = await fetch(`${metricsUrl(app.logLines)}/metrics`);
  scraped = await response.text();
  served = metricsServed(scraped);
});
afterAll(async () => {
  await app.stop();
});

const missing = (texts: readonly string[]) =>
  metricsNamed(texts.join('\n')).filter((name) => !served.has(name));

describe('a running server has every metric', () => {
  test('of the alert rules', () => {
    expect(alerts.length).toBeGreaterThan(10);
    for (const { name, expression } of alerts) expect([name, expression]).not.toContain('');
    expect(missing(alerts.map(({ expression }) => expression))).toEqual([]);
  });

  test('of the dashboards', () => {
    expect(expressionsOfPanels.length).toBeGreaterThan(15);
    expect(missing(expressionsOfPanels)).toEqual([]);
  });

  test('of the table in the operations page and the modules’ own, and they have every one of ours', () => {
    expect(missing([...documented.keys()])).toEqual([]);
    const ours = [...served].filter((name) => name.startsWith('bulwark_'));
    expect(ours.filter((name) => !documented.has(name))).toEqual([]);
  });
});

test('alerts and dashboards ask for labels that the tables name, and so does what is served', () => {
  const asked = [...alerts.map(({ expression }) => expression), ...expressionsOfPanels, scraped];
  for (const [metric, labels] of labelsNamed(asked.join('\n')))
    expect(
      [metric, ...labels].filter((label) => documented.get(metric)?.has(label) !== true),
    ).toEqual([metric]);
});

describe('an alert', () => {
  test('has a page of its own with symptom, meaning, commands and remedies', () => {
    expect(alerts.map(({ runbook }) => runbook).sort()).toEqual(
      runbooks.map(({ path }) => path).sort(),
    );
    for (const { name, runbook } of alerts) {
      const page = runbooks.find(({ path }) => path === runbook);
      expect([runbook, page?.title]).toEqual([runbook, name]);
      expect([...(page?.text.matchAll(/^## (.+)$/gm) ?? [])].map(([, title]) => title)).toEqual(
        runbookSections,
      );
      expect(page?.text).toMatch(/^```sh\n\S/m);
    }
  });

  test('is tested quiet, firing and quiet again', () => {
    const tests = readAlertTests();
    expect([...tests.keys()].sort()).toEqual(alerts.map(({ name }) => name).sort());
    for (const [name, firing] of tests) {
      expect([name, firing[0], firing.at(-1)]).toEqual([name, 0, 0]);
      expect([name, firing.some((count) => count > 0)]).toEqual([name, true]);
    }
  });

  const hasPromtool = (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, 'promtool')));
  (hasPromtool ? test : test.skip)('passes promtool (needs promtool)', () => {
    for (const cwd of alertsFolders)
      for (const args of [
        ['check', 'rules', 'alerts.yml'],
        ['test', 'rules', 'alerts.test.yml'],
      ]) {
        const { status, stdout, stderr } = spawnSync('promtool', args, { cwd, encoding: 'utf8' });
        const what = `${cwd}: ${args.join(' ')}`;
        expect([what, status, status === 0 ? '' : stdout + stderr]).toEqual([what, 0, '']);
      }
  });
});

test('a dashboard takes its data source from a variable, and each panel has an id of its own', () => {
  for (const dashboard of dashboards) {
    const variables = dashboard.templating.list.map(({ name, type }) => [name, type]);
    expect(variables).toContainEqual(['datasource', 'datasource']);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
  for (const { title, datasource, targets = [] } of panels) {
    const sources = [datasource, ...targets.map((target) => target.datasource)];
    expect([title, ...new Set(sources.map((source) => source?.uid))]).toEqual([
      title,
      '${datasource}',
    ]);
    expect(title).not.toBe('');
  }
});
