import { describe, expect, it } from 'vitest';
import { ConfigError, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { ManualClock } from '../lib/manual-clock.js';
import { FaultBoard } from '../monitoring/fault-board.js';
import { repeat, startJobs } from './repeat.js';

function setUp() {
  const lines: string[] = [];
  const record =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level} ${message}`);
    };
  const logger: Logger = {
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    child: () => logger,
  };
  const controller = new AbortController();
  const clock = new ManualClock(0);
  const faults = new FaultBoard();
  const { signal } = controller;
  const options = { name: 'cycle', intervalMs: 100, clock, logger, signal, faults };
  return { lines, controller, clock, options, faults };
}

describe('repeat', () => {
  it('keeps its interval from start to start, also past a long run', async () => {
    const { clock, controller, options } = setUp();
    const starts: number[] = [];
    const running = repeat(options, async () => {
      starts.push(clock.wallMs());
      if (starts.length === 2) await clock.sleep(250);
    });
    await clock.advance(600);
    controller.abort();
    await running;
    expect(starts).toEqual([0, 100, 350, 450, 550]);
  });

  it('survives what a run throws, and says by the class how bad it is', async () => {
    const { clock, controller, lines, options } = setUp();
    const errors = [new TransientError('venue is down'), new Error('defect')];
    const running = repeat(options, async () => {
      const error = errors.shift();
      if (error !== undefined) throw error;
    });
    await clock.advance(300);
    controller.abort();
    await running;
    expect(lines).toEqual(['warn cycle: venue is down', 'error cycle failed']);
  });

  it('ends on what only a person can mend', async () => {
    const { options } = setUp();
    const running = repeat(options, () => Promise.reject(new ConfigError('no such symbol')));
    await expect(running).rejects.toThrow('no such symbol');
  });

  it('is among the faults while its newest run has failed', async () => {
    const { clock, controller, options, faults } = setUp();
    let isIll = true;
    const running = repeat(options, () =>
      isIll ? Promise.reject(new Error('no space')) : Promise.resolve(),
    );
    await clock.advance(100);
    expect(faults.list()).toEqual([{ name: 'cycle', reason: 'no space' }]);
    isIll = false;
    await clock.advance(100);
    expect(faults.list()).toEqual([]);
    controller.abort();
    await running;
  });

  it('stays among the faults once it is not repeated any more', async () => {
    const { clock, lines, options, faults } = setUp();
    const run = () => Promise.reject(new ConfigError('no such symbol'));
    const { logger, signal } = options;
    const tools = { clock, logger, signal, faults };
    const stop = startJobs([{ name: 'markets', intervalMs: 100, run }], tools);
    await clock.advance(300);
    expect(faults.list()).toEqual([{ name: 'markets', reason: 'no such symbol' }]);
    expect(lines).toEqual(['error markets is not repeated any more: no such symbol']);
    await stop();
    expect(faults.list()).toEqual([]);
  });
});
