import { expect, it } from 'vitest';
import { ManualClock } from '../lib/manual-clock.js';
import { TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { SILENT_LOGGER } from '../lib/silent-logger.js';
import { HealthReporter, type HealthRule, type HealthStatus } from './health.js';

const START_MS = 1_700_000_000_000;

interface Facts {
  readonly broken: readonly string[];
}

function rule(id: string, check: string, more: Partial<HealthRule<Facts>> = {}): HealthRule<Facts> {
  return {
    id,
    check,
    level: 'degraded',
    fix: `mend ${id}`,
    find: ({ broken }) => (broken.includes(id) ? { message: `${id} is broken` } : undefined),
    ...more,
  };
}

function reporterOf(rules: readonly HealthRule<Facts>[], broken: string[] = []) {
  const clock = new ManualClock(START_MS);
  const checks = { loop: () => 'it runs', data: () => 'it is new' };
  const reporter = new HealthReporter({
    checks,
    rules,
    readFacts: () => Promise.resolve({ broken }),
    clock,
    logger: SILENT_LOGGER,
  });
  return { reporter, clock };
}

it.each([
  [[], 'ok', ['ok', 'ok']],
  [['a'], 'degraded', ['degraded', 'ok']],
  [['a', 'b'], 'failing', ['degraded', 'failing']],
] as const)('with %j held the whole is %s, as its worst part', async (broken, whole, parts) => {
  const rules = [rule('a', 'loop'), rule('b', 'data', { level: 'failing' })];
  const { status, checks } = await reporterOf(rules, [...broken]).reporter.read();
  expect(status).toBe(whole satisfies HealthStatus);
  expect(checks.map((check) => check.status)).toEqual(parts);
});

it('a finding names its rule, what is wrong, what to do and since when', async () => {
  const rules = [rule('a', 'loop'), rule('b', 'data', { level: 'failing' })];
  const { reporter, clock } = reporterOf(rules, ['a', 'b']);
  await reporter.read();
  await clock.advance(5000);
  const { findings, checks } = await reporter.read();
  expect(findings.map(({ id, since }) => [id, since])).toEqual([
    ['b', START_MS],
    ['a', START_MS],
  ]);
  expect(findings[0]).toMatchObject({ message: 'b is broken', fix: 'mend b', level: 'failing' });
  expect(checks[1]).toEqual({ name: 'data', status: 'failing', message: 'b is broken' });
});

it('a rule that ends and holds again counts from then on', async () => {
  const broken = ['a'];
  const { reporter, clock } = reporterOf([rule('a', 'loop')], broken);
  await reporter.read();
  broken.pop();
  await clock.advance(5000);
  expect((await reporter.read()).checks[0]).toMatchObject({ status: 'ok', message: 'it runs' });
  broken.push('a');
  await clock.advance(5000);
  expect((await reporter.read()).findings[0]?.since).toBe(START_MS + 10_000);
});

it('a rule with a grace counts only after it', async () => {
  const { reporter, clock } = reporterOf([rule('a', 'loop', { graceMs: 60_000 })], ['a']);
  expect((await reporter.read()).status).toBe('ok');
  await clock.advance(60_000);
  expect((await reporter.read()).findings[0]).toMatchObject({ id: 'a', since: START_MS });
});

it('a rule does not begin in the future when the clock is set back', async () => {
  let nowMs = START_MS;
  const reporter = new HealthReporter({
    checks: {},
    rules: [rule('a', 'loop')],
    readFacts: () => Promise.resolve({ broken: ['a'] }),
    clock: { wallMs: () => nowMs, marketMs: () => nowMs, sleep: () => Promise.resolve() },
    logger: SILENT_LOGGER,
  });
  await reporter.read();
  nowMs -= 600_000;
  expect((await reporter.read()).findings[0]?.since).toBe(nowMs);
});

it('a rule that throws is held with the reason, and hides no other', async () => {
  const broken = rule('a', 'loop', {
    level: 'failing',
    find: () => Promise.reject(new Error('the parts do not fit')),
  });
  const { status, findings } = await reporterOf([broken, rule('b', 'data')], ['b']).reporter.read();
  expect(status).toBe('failing');
  expect(findings.map(({ message }) => message)).toEqual(['the parts do not fit', 'b is broken']);
});

it('a rule that cannot be checked while the database is lost is not held', async () => {
  const unknown = rule('a', 'loop', { find: () => Promise.reject(new TransientError('lost')) });
  expect((await reporterOf([unknown]).reporter.read()).status).toBe('ok');
});

it('rules are evaluated also while nobody asks, so that it is known since when they hold', async () => {
  const broken: string[] = [];
  const { reporter, clock } = reporterOf([rule('a', 'loop')], broken);
  reporter.start();
  await reporter.read();
  broken.push('a');
  await clock.advance(30_000);
  await clock.advance(300_000);
  expect((await reporter.read()).findings[0]?.since).toBe(START_MS + 30_000);
  await reporter.stop();
});

it('health that cannot be read is failing, says why, and is logged once while it lasts', async () => {
  const clock = new ManualClock(START_MS);
  const said: string[] = [];
  let isIll = true;
  const readFacts = () =>
    isIll ? Promise.reject(new Error('the census is lost')) : Promise.resolve({ broken: [] });
  const logger: Logger = { ...SILENT_LOGGER, error: (message) => void said.push(message) };
  const rules = [rule('a', 'loop')];
  const reporter = new HealthReporter<Facts>({ checks: {}, rules, readFacts, clock, logger });
  reporter.start();
  for (let watch = 0; watch < 3; watch++) await clock.advance(30_000);
  const health = await reporter.read();
  expect(health).toMatchObject({
    status: 'failing',
    checks: [{ name: 'health', status: 'failing' }],
    findings: [{ id: 'health_unreadable', message: said[0], since: START_MS }],
  });
  expect(said).toEqual(['health cannot be read: the census is lost']);
  isIll = false;
  await clock.advance(30_000);
  expect((await reporter.read()).status).toBe('ok');
  await reporter.stop();
});
