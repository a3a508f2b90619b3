import { describe, expect, it } from 'vitest';
import { BTC, modelRecord, trainingJob } from '../../../test/training/training-builders.js';
import { formatDue, findCause, judgeDue, type KeyFacts } from './due-verdict.js';

const HOUR_MS = 3_600_000;
const NOW = { wallMs: 1_000_000, marketMs: 1000 * HOUR_MS };
const LIMITS = { modelStaleHours: 24, modelMaxAgeHours: 168 };
const ENOUGH = { samples: 500, newestOpenTime: 999 * HOUR_MS, shortage: undefined };

const FACTS: KeyFacts = {
  key: BTC,
  serving: undefined,
  latest: undefined,
  cooldown: undefined,
  openJob: undefined,
  isAwaited: false,
  isPinned: false,
  damage: undefined,
  history: ENOUGH,
};

const aged = (hours: number): Partial<KeyFacts> => {
  const serving = modelRecord({ stage: 'serving', trainedAt: NOW.marketMs - hours * HOUR_MS });
  return { serving, latest: serving };
};

const agedOfOldFormulas = (hours: number): Partial<KeyFacts> => {
  const trainedAt = NOW.marketMs - hours * HOUR_MS;
  const serving = modelRecord({ stage: 'serving', trainedAt, featureHash: 'of older formulas' });
  return { serving, latest: serving };
};

const cooldown = {
  ...BTC,
  kind: 'failure' as const,
  until: NOW.wallMs + 250_000,
  notBeforeOpenTime: undefined,
  reason: 'memory: too much',
};

describe('why a key is due', () => {
  const causes: [string, Partial<KeyFacts>, string | undefined][] = [
    ['no model was ever trained', {}, 'untrained'],
    ['the last attempt failed', { latest: modelRecord({ status: 'failed' }) }, 'untrained'],
    ['the last model was rejected', { latest: modelRecord({ stage: 'rejected' }) }, 'rejected'],
    ['its model is 24 hours old', aged(24), undefined],
    ['its model is a little over 24 hours old', aged(24.01), 'stale'],
    ['its model is 168 hours old', aged(168), 'stale'],
    ['its model is a little over 168 hours old', aged(168.01), 'expired'],
    ['formulas have changed, however young the model is', agedOfOldFormulas(1), 'features_changed'],
    ['its file is damaged', { ...aged(1), damage: 'sha256 differs' }, 'damaged'],
  ];
  for (const [when, facts, cause] of causes) {
    it(`${cause ?? 'not due'} when ${when}`, () => {
      const verdict = judgeDue({ ...FACTS, ...facts }, LIMITS, NOW);
      expect(verdict).toMatchObject({ status: cause === undefined ? 'not_due' : 'due', cause });
      expect(findCause({ ...FACTS, ...facts }, LIMITS, NOW.marketMs)?.cause).toBe(cause);
    });
  }
});

describe('an obstacle to training', () => {
  it('an open job', () => {
    const verdict = judgeDue({ ...FACTS, openJob: trainingJob() }, LIMITS, NOW);
    expect(verdict).toMatchObject({ status: 'not_due', obstacle: 'open_job', cause: 'untrained' });
  });

  it('a trained model that is still to be fetched from the artifact store', () => {
    const verdict = judgeDue({ ...FACTS, isAwaited: true }, LIMITS, NOW);
    expect(verdict).toMatchObject({ status: 'not_due', obstacle: 'open_job', cause: 'untrained' });
    expect(formatDue(verdict)).toMatch(/waits until it is fetched/);
  });

  it('a cooldown, which says how much time is left', () => {
    const verdict = judgeDue({ ...FACTS, cooldown }, LIMITS, NOW);
    expect(verdict).toMatchObject({ obstacle: 'cooldown', nextRetryAt: cooldown.until });
    expect(formatDue(verdict)).toBe(
      'test BTC/USDT 1h catboost: untrained, ' +
        'cooldown after a failure: 4 min 10 s left (memory: too much)',
    );
  });

  it('no longer the cooldown once it is over', () => {
    const later = { ...NOW, wallMs: cooldown.until };
    expect(judgeDue({ ...FACTS, cooldown }, LIMITS, later).status).toBe('due');
  });

  it('a shortage of history, without any time to wait for', () => {
    const history = { ...ENOUGH, shortage: '399 of 400 usable candles' };
    const verdict = judgeDue({ ...FACTS, history }, LIMITS, NOW);
    expect(verdict).toMatchObject({ obstacle: 'history', nextRetryAt: undefined });
    expect(verdict.reason).toBe('waiting for history: 399 of 400 usable candles');
  });

  it('also keeps a stale model from being replaced at once after a rejection', () => {
    const verdict = judgeDue({ ...FACTS, ...aged(30), cooldown }, LIMITS, NOW);
    expect(verdict).toMatchObject({ status: 'not_due', cause: 'stale', obstacle: 'cooldown' });
  });
});
