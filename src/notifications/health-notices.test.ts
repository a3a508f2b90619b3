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
let known: string | undefined;

beforeEach(() => {
  nowMs = START;
  [noted, toldNow] = [[], []];
  isLost = false;
  known = undefined;
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
    findNewestKey: async () => known,
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

it('a rule that an earlier run has told of is not told again, but its end is', async () => {
  known = `health:series_stale:${START - 5}:began`;
  const notices = open();
  nowMs += 60_000;
  await notices.update([finding('series_stale')]);
  expect(noted).toEqual([]);
  await notices.update([]);
  nowMs += 60_000;
  await notices.update([]);
  expect(noted).toEqual(['stale_data info: Over: series_stale holds']);
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
