import { describe, expect, it } from 'vitest';
import { recordingLogger, type LogLine } from '../../../test/training/recording-logger.js';
import { BTC } from '../../../test/training/training-builders.js';
import type { DueVerdict } from './due-verdict.js';
import { FirstTraining } from './first-training.js';

const due = (symbol: string, cause: 'untrained' | 'stale' = 'untrained'): DueVerdict => ({
  status: 'due',
  key: { ...BTC, symbol },
  cause,
  reason: 'no model serves',
});

const waiting = (symbol: string, samples: number): DueVerdict => ({
  status: 'not_due',
  key: { ...BTC, symbol },
  cause: 'untrained',
  reason: `waiting for history: ${samples} of 400 usable candles`,
  obstacle: 'history',
  nextRetryAt: undefined,
  samples,
});

const symbolsOf = (verdicts: readonly DueVerdict[]): readonly string[] =>
  verdicts.map(({ key }) => key.symbol);

describe('the first training', () => {
  it('waits for back-fill and then begins once for all, the primary symbol first', () => {
    const lines: LogLine[] = [];
    const first = new FirstTraining(recordingLogger(lines));
    for (let cycle = 0; cycle < 10; cycle++) {
      const verdicts = [due('BTC/USDT'), due('ETH/USDT'), waiting('SOL/USDT', 40 * cycle)];
      expect(first.release(verdicts, cycle * 10_000)).toEqual([]);
    }
    const all = [due('BTC/USDT'), due('ETH/USDT'), due('SOL/USDT')];
    expect(symbolsOf(first.release(all, 100_000))).toEqual(['BTC/USDT', 'ETH/USDT', 'SOL/USDT']);
    expect(lines.filter(({ message }) => message.includes('waits for back-fill'))).toHaveLength(1);
  });

  it('does not wait for a symbol of which no more candles come', () => {
    const first = new FirstTraining(recordingLogger([]));
    const verdicts = [due('BTC/USDT'), waiting('NEW/USDT', 12)];
    expect(first.release(verdicts, 0)).toEqual([]);
    expect(first.release(verdicts, 19_999)).toEqual([]);
    expect(symbolsOf(first.release(verdicts, 20_000))).toEqual(['BTC/USDT']);
  });

  it('waits a quarter of an hour at most, however long back-fill takes', () => {
    const first = new FirstTraining(recordingLogger([]));
    const at = (ms: number): readonly DueVerdict[] =>
      first.release([due('BTC/USDT'), waiting('SOL/USDT', ms)], ms);
    for (let ms = 0; ms < 15 * 60_000; ms += 10_000) expect(at(ms)).toEqual([]);
    expect(symbolsOf(at(15 * 60_000))).toEqual(['BTC/USDT']);
  });

  it('keeps no key waiting that has a model', () => {
    const first = new FirstTraining(recordingLogger([]));
    const verdicts = [due('BTC/USDT', 'stale'), due('ETH/USDT'), waiting('SOL/USDT', 1)];
    expect(symbolsOf(first.release(verdicts, 0))).toEqual(['BTC/USDT']);
  });
});
