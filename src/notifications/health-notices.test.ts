import { beforeEach, expect, it } from 'vitest';
import type { Notification } from '../domain/notification.js';
import { TransientError } from '../lib/errors.js';
import type { HealthFinding } from '../monitoring/health.js';
import { HealthNotices } from './health-notices.js';

const START = 1_700_000_000_000;
let nowMs: number;
let noted: string[];
let toldNow: string[];
let isLost: boolean;
let known: Pick<Notification, 'key' | 'event' | 'title'>[];

beforeEach(() => {
  nowMs = START;
  [noted, toldNow] = [[], []];
  isLost = false;
  known = [];
});

const titleOf = ({ title, event, level }: Notification) => `${event} ${level}: ${title}`;
const open = () =>
  new HealthNotices({
    note: async (told) => {
      if (isLost) throw new TransientError('lost');
      noted.push(titleOf(told));
    },
    tellNow: async (told) => {
      toldNow.push(titleOf(told));
      return true;
    },
    listNoted: async () => {
      if (isLost) throw new TransientError('lost');
      return known;
    },
    nowMs: () => nowMs,
  });

const finding = (id: string, values: Partial<HealthFinding> = {}): HealthFinding => ({
  ...{ id, check: 'data', level: 'degraded', fix: 'wait', since: START, isExpected: false },
  message: `${id} holds`,
  ...values,
});

it('a rule that holds for a minute is told once, and once more when it is over for a minute', async () => {
  const notices = open();
  const stale = [finding('series_stale')];
  await notices.update(stale);
  nowMs += 59_000;
  await notices.update(stale);
  expect(noted).toEqual([]);
  nowMs += 1000;
  await notices.update(stale);
  await notices.update(stale);
  await notices.update([]);
  nowMs += 30_000;
  await notices.update(stale);
  await notices.update([]);
  nowMs += 59_000;
  await notices.update([]);
  expect(noted).toEqual(['stale_data info: series_stale holds']);
  nowMs += 1000;
  await notices.update([]);
  await notices.update([]);
  expect(noted.slice(1)).toEqual(['stale_data info: Over: series_stale holds']);
});

/** What an earlier run noted of a rule. */
const before = (id: string, since: number, change: 'began' | 'over') => {
  const title = change === 'began' ? `${id} held` : `Over: ${id} held`;
  return { key: `health:${id}:${since}:${change}`, event: 'stale_data' as const, title };
};

/** Looks every 15 seconds, as the daemon does. */
async function lookFor(notices: HealthNotices, durationMs: number, findings: HealthFinding[]) {
  for (const endMs = nowMs + durationMs; nowMs < endMs; nowMs += 15_000) {
    await notices.update(findings);
  }
}

it('a rule that an earlier run has told of is not told again, but its end is', async () => {
  known = [before('series_stale', START - 5, 'began')];
  const notices = open();
  await lookFor(notices, 600_000, [finding('series_stale')]);
  expect(noted).toEqual([]);
  await lookFor(notices, 90_000, []);
  expect(noted).toEqual(['stale_data info: Over: series_stale held']);
});

it('a rule that ended while no daemon ran is told to be over, and told when it holds again', async () => {
  known = [before('series_stale', START - 5, 'began')];
  const notices = open();
  await lookFor(notices, 285_000, []);
  expect(noted).toEqual([]);
  await lookFor(notices, 45_000, []);
  expect(noted).toEqual(['stale_data info: Over: series_stale held']);
  await lookFor(notices, 90_000, [finding('series_stale', { since: nowMs })]);
  expect(noted.slice(1)).toEqual(['stale_data info: series_stale holds']);
});

it('a rule whose end an earlier run has told is news when it holds again', async () => {
  known = [
    before('series_stale', START - 9, 'over'),
    before('series_stale', START - 9, 'began'),
    before('series_stale', START - 99, 'began'),
  ];
  await lookFor(open(), 90_000, [finding('series_stale')]);
  expect(noted).toEqual(['stale_data info: series_stale holds']);
});

it('a lost database is told although another rule that holds cannot be noted', async () => {
  isLost = true;
  nowMs += 60_000;
  const failing = { level: 'failing' } as const;
  const findings = [finding('loop_silent', failing), finding('database_lost', failing)];
  await expect(open().update(findings)).rejects.toThrow('lost');
  expect(toldNow).toEqual(['database failing: database_lost holds']);
});

it('a lost database is told at once without it, and its end is noted once it answers', async () => {
  const notices = open();
  isLost = true;
  nowMs += 60_000;
  const lost = [finding('database_lost', { level: 'failing' })];
  await notices.update(lost);
  await notices.update(lost);
  expect(toldNow).toEqual(['database failing: database_lost holds']);
  isLost = false;
  await notices.update([]);
  nowMs += 60_000;
  await notices.update([]);
  expect(noted).toEqual(['database info: Over: database_lost holds']);
});

it('a start that waits as expected, and rules that nobody wants to hear of, are not told', async () => {
  nowMs += 600_000;
  await open().update([
    finding('exchange_unreachable', { isExpected: true }),
    finding('models_missing'),
  ]);
  expect(noted).toEqual([]);
});

it('every rule that makes health fail is told, also one that has no kind of its own', async () => {
  nowMs += 60_000;
  await open().update([finding('positions_unguarded', { level: 'failing' })]);
  expect(noted).toEqual(['stale_data failing: positions_unguarded holds']);
});
