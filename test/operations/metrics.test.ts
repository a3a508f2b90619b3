import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DaemonWorld } from '../daemon/daemon-in-process.js';

/** What a running daemon exports, and what the alarms and the dashboard ask of it. */
const world = new DaemonWorld();
let figures: string;

beforeAll(async () => {
  await world.open();
  const receiver = { NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:65000/' };
  const daemon = world.start('one', {}, receiver);
  await daemon.untilDecided(1);
  figures = await daemon.text('/metrics');
}, 60_000);
afterAll(() => world.close());

/** With its labels, as a query would name it. */
function valueOf(series: string): number {
  const line = figures.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1) ?? NaN);
}

function exported(): ReadonlySet<string> {
  return new Set(figures.split('\n').flatMap((line) => /^(\w+)[{ ]/.exec(line)?.[1] ?? []));
}

interface Query {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
  readonly isWrong: boolean;
}

/** What a query of Prometheus asks for, by its own grammar. */
function parse(text: string): Query {
  const [metrics, labels] = [new Set<string>(), new Set<string>()];
  let isWrong = false;
  parser.parse(text).iterate({
    enter: ({ type, name, from, to }) => {
      const word = text.slice(from, to);
      if (type.isError) isWrong = true;
      if (name === 'Identifier') metrics.add(word);
      if (name === 'LabelName') labels.add(word);
    },
  });
  return { metrics: [...metrics], labels: [...labels], isWrong };
}

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const { panels } = JSON.parse(readFileSync('ops/grafana/evenkeel.json', 'utf8')) as {
  readonly panels: readonly Panel[];
};
const ofPanels = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, expr] as const),
);
const ofAlarms = [
  ...readFileSync('ops/prometheus/alerts.yml', 'utf8').matchAll(
    /alert: (\w+)\n\s+expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)/g,
  ),
].map(([, name = '', block, line]) => [name, (block ?? line ?? '').trim()] as const);

/** What Prometheus adds by itself. */
const OWN_METRICS = new Set(['up']);
const OWN_LABELS = new Set(['job', 'instance', 'le']);

describe.each([
  ['panel', ofPanels],
  ['alarm', ofAlarms],
])('each %s', (_, queries) => {
  test.each(queries)('%s asks for figures that the daemon exports', (_name, expr) => {
    const { metrics, labels, isWrong } = parse(expr);
    expect(isWrong, expr).toBe(false);
    expect(metrics.length).toBeGreaterThan(0);
    const known = exported();
    expect(metrics.filter((name) => !known.has(name) && !OWN_METRICS.has(name))).toEqual([]);
    const unknown = labels.filter(
      (label) => !OWN_LABELS.has(label) && !figures.includes(`${label}="`),
    );
    expect(unknown).toEqual([]);
  });
});

test('there are panels and alarms, and a wrong query is seen', () => {
  expect(ofPanels.length).toBeGreaterThan(20);
  expect(ofAlarms.length).toBe(
    readFileSync('ops/prometheus/alerts.yml', 'utf8').split('- alert:').length - 1,
  );
  expect(parse('sum(rate(evenkeel_x[5m])').isWrong).toBe(true);
});

describe('the figures', () => {
  test('count what the daemon did and say how it is', () => {
    const decided = figures
      .split('\n')
      .filter((line) => line.startsWith('evenkeel_decisions_total{'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(decided).toBe(1);
    expect(valueOf('evenkeel_signals_total{source="fallback",reason="untrained"}')).toBe(1);
    expect(valueOf('evenkeel_models_expected')).toBe(1);
    expect(valueOf('evenkeel_drawdown_ratio')).toBe(0);
    expect(valueOf('evenkeel_orders_unsettled')).toBe(0);
    expect(valueOf('evenkeel_collection_lag_bars')).toBeLessThanOrEqual(1);
    expect(valueOf('evenkeel_queue_jobs{priority="training-low"}')).toBeGreaterThanOrEqual(0);
    expect(valueOf('evenkeel_database_latency_seconds')).toBeGreaterThan(0);
    expect(valueOf('evenkeel_notifications_failing{channel="webhook"}')).toBe(1);
  });

  test('have few series, and no number of a reason in a label', () => {
    expect(figures.split('\n').filter((line) => /^evenkeel/.test(line)).length).toBeLessThan(300);
    const reasons = [...figures.matchAll(/evenkeel_decisions_total\{.*reason="([^"]*)"/g)];
    expect(reasons.length).toBeGreaterThan(0);
    for (const [, reason] of reasons) expect(reason).not.toMatch(/\d/);
  });
});
