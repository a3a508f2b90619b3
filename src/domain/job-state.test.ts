import { describe, expect, it } from 'vitest';
import type { JobStatus, SessionStatus } from './training-job.js';
import {
  assertSessionStep,
  findNextSessionStatus,
  findNextStatus,
  getNextStatus,
  isFinal,
  JOB_TRANSITIONS,
  SESSION_TRANSITIONS,
  type JobEvent,
  type SessionEvent,
} from './job-state.js';

const STATUSES: readonly JobStatus[] = ['pending', 'running', 'completed', 'failed', 'cancelled'];
const EVENTS = Object.keys(JOB_TRANSITIONS) as JobEvent[];

/** Written out by hand: the table of the source must not be its own witness. */
const LEGAL: Readonly<Record<string, JobStatus>> = {
  'pending claim': 'running',
  'pending fail': 'failed',
  'pending cancel': 'cancelled',
  'running complete': 'completed',
  'running fail': 'failed',
  'running requeue': 'pending',
  'running cancel': 'cancelled',
};

describe('states of a training job', () => {
  for (const status of STATUSES) {
    for (const event of EVENTS) {
      const expected = LEGAL[`${status} ${event}`];
      it(`${status} + ${event} → ${expected ?? 'refused'}`, () => {
        expect(findNextStatus(status, event)).toBe(expected);
        if (expected === undefined) expect(() => getNextStatus(status, event)).toThrow(status);
        else expect(getNextStatus(status, event)).toBe(expected);
      });
    }
  }

  it('ends in completed, failed or cancelled', () => {
    expect(STATUSES.filter(isFinal)).toEqual(['completed', 'failed', 'cancelled']);
  });
});

const SESSION_STATUSES: readonly SessionStatus[] = [
  ...['pending', 'running', 'paused'],
  ...['completed', 'failed', 'cancelled'],
] as SessionStatus[];

const LEGAL_SESSION: Readonly<Record<string, SessionStatus>> = {
  'pending start': 'running',
  'pending cancel': 'cancelled',
  'running pause': 'paused',
  'running cancel': 'cancelled',
  'running complete': 'completed',
  'running fail': 'failed',
  'paused resume': 'running',
  'paused cancel': 'cancelled',
  'paused complete': 'completed',
  'paused fail': 'failed',
};

describe('states of a session', () => {
  for (const status of SESSION_STATUSES) {
    for (const event of Object.keys(SESSION_TRANSITIONS) as SessionEvent[]) {
      const expected = LEGAL_SESSION[`${status} ${event}`];
      it(`${status} + ${event} → ${expected ?? 'refused'}`, () => {
        expect(findNextSessionStatus(status, event)).toBe(expected);
        if (expected !== undefined) expect(() => assertSessionStep(status, expected)).not.toThrow();
      });
    }
  }

  it('refuses what no event leads to', () => {
    expect(() => assertSessionStep('completed', 'running')).toThrow('completed session');
    expect(() => assertSessionStep('pending', 'completed')).toThrow('pending session');
  });
});
