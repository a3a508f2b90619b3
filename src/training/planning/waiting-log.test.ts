import { describe, expect, it } from 'vitest';
import { BTC } from '../../../test/training/training-builders.js';
import { recordingLogger, type LogLine } from '../../../test/training/recording-logger.js';
import type { DueVerdict } from './due-verdict.js';
import { WaitingLog } from './waiting-log.js';

const waiting = (reason: string, obstacle: 'history' | 'cooldown' = 'history'): DueVerdict => ({
  status: 'not_due',
  key: BTC,
  cause: 'untrained',
  reason,
  obstacle,
  nextRetryAt: undefined,
});

describe('WaitingLog', () => {
  it('logs once why a key waits and again in every tenth cycle', () => {
    const lines: LogLine[] = [];
    const log = new WaitingLog(recordingLogger(lines));
    for (let cycle = 0; cycle < 21; cycle++) log.report([waiting(`${cycle} of 400`)]);
    expect(lines.map(({ message }) => message.replace(/^.*untrained, /, ''))).toEqual([
      '0 of 400',
      '10 of 400',
      '20 of 400',
    ]);
  });

  it('logs at once when the reason changes', () => {
    const lines: LogLine[] = [];
    const log = new WaitingLog(recordingLogger(lines));
    log.report([waiting('399 of 400')]);
    log.report([waiting('9 min left', 'cooldown')]);
    log.report([waiting('8 min left', 'cooldown')]);
    expect(lines).toHaveLength(2);
  });

  it('logs nothing about keys that are fresh, due or being trained', () => {
    const lines: LogLine[] = [];
    const log = new WaitingLog(recordingLogger(lines));
    log.report([
      { status: 'due', key: BTC, cause: 'stale', reason: 'old' },
      { ...waiting('x'), obstacle: 'fresh' } as DueVerdict,
      { ...waiting('x'), obstacle: 'open_job' } as DueVerdict,
    ]);
    expect(lines).toEqual([]);
  });
});
