import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualWall, temporaryFolder } from '../../../test/demo/demo-fixture.js';
import { ConfigError } from '../../lib/errors.js';
import { resetDemo, demoFolder, findRun } from './run-state.js';
import { MarketClock, type MarketClockOptions } from './market-clock.js';

const START_MS = Date.UTC(2025, 0, 1);
const HASH = 'ab12';

let dataDir: string;
let removeDataDir: () => void;
let wall: ManualWall;

beforeEach(() => {
  ({ folder: dataDir, remove: removeDataDir } = temporaryFolder());
  wall = new ManualWall();
});
afterEach(() => removeDataDir());

function startClock(options: Partial<MarketClockOptions> = {}): MarketClock {
  const clock = new MarketClock({
    folder: demoFolder(dataDir),
    hash: HASH,
    startMs: START_MS,
    endMs: undefined,
    speed: 360,
    wall,
    ...options,
  });
  clock.start();
  return clock;
}

describe('market time', () => {
  it('runs at the speed from the start of the run', () => {
    const clock = startClock();
    expect(clock.nowMs()).toBe(START_MS);
    wall.advance(10_000);
    expect(clock.nowMs()).toBe(START_MS + 3_600_000);
  });

  it('does not go back when the wall clock does', () => {
    const clock = startClock();
    wall.advance(10_000);
    const shown = clock.nowMs();
    wall.advance(-5_000);
    expect(clock.nowMs()).toBe(shown);
    wall.advance(-60_000);
    expect(clock.nowMs()).toBe(shown);
  });

  it('goes on exactly where it stopped, however long the downtime', () => {
    const first = startClock();
    wall.advance(10_000);
    first.stop();
    wall.advance(86_400_000);
    const second = startClock();
    expect(second.nowMs()).toBe(START_MS + 3_600_000);
    wall.advance(1_000);
    expect(second.nowMs()).toBe(START_MS + 3_960_000);
  });

  it('keeps its place when the speed changes between starts', () => {
    const first = startClock();
    wall.advance(10_000);
    first.stop();
    const second = startClock({ speed: 1 });
    wall.advance(1_000);
    expect(second.nowMs()).toBe(START_MS + 3_601_000);
  });

  it('has on the disk, before it is shown, a mark that it has not passed', () => {
    const clock = startClock();
    for (let step = 0; step < 50; step++) {
      wall.advance(700);
      const shown = clock.nowMs();
      expect(findRun(demoFolder(dataDir), HASH)?.reservedMs).toBeGreaterThanOrEqual(shown);
    }
  });

  it('resumes after a kill at most two seconds of wall time ahead of what was shown', () => {
    const killed = startClock();
    wall.advance(10_500);
    const shown = killed.nowMs();
    const next = startClock();
    expect(next.nowMs()).toBeGreaterThanOrEqual(shown);
    expect(next.nowMs()).toBeLessThanOrEqual(shown + 2_000 * 360);
  });

  it('stands still at the end of a recording', () => {
    const endMs = START_MS + 1_000_000;
    const clock = startClock({ endMs });
    expect(clock.hasEnded()).toBe(false);
    wall.advance(60_000);
    expect(clock.nowMs()).toBe(endMs);
    expect(clock.hasEnded()).toBe(true);
    clock.stop();
    expect(startClock({ endMs }).nowMs()).toBe(endMs);
  });
});

describe('runs', () => {
  it('keep their number over restarts', () => {
    startClock().stop();
    expect(startClock().runNumber).toBe(1);
  });

  it('start over with another DEMO_START, also when an old one comes back', () => {
    const first = startClock();
    wall.advance(10_000);
    first.stop();
    const second = startClock({ startMs: START_MS + 5 });
    expect([second.runNumber, second.nowMs()]).toEqual([2, START_MS + 5]);
    second.stop();
    const third = startClock();
    expect([third.runNumber, third.nowMs()]).toEqual([3, START_MS]);
  });

  it('start over after a reset, once', () => {
    const first = startClock();
    wall.advance(10_000);
    first.stop();
    expect(resetDemo(dataDir)).toEqual([{ hash: HASH, run: 2 }]);
    const second = startClock();
    expect([second.runNumber, second.nowMs()]).toEqual([2, START_MS]);
    second.stop();
    expect(startClock().runNumber).toBe(2);
  });

  it('of other markets are left alone', () => {
    const other = startClock({ hash: 'cd34' });
    wall.advance(10_000);
    other.stop();
    startClock().stop();
    expect(startClock({ hash: 'cd34' }).nowMs()).toBe(START_MS + 3_600_000);
  });

  it('leave one file each', () => {
    startClock().stop();
    startClock({ startMs: START_MS + 5 }).stop();
    expect(readdirSync(demoFolder(dataDir))).toEqual([`${HASH}-2.json`]);
  });

  it('with a damaged file are refused with the command that helps, which it does', () => {
    startClock().stop();
    const file = path.join(demoFolder(dataDir), `${HASH}-1.json`);
    for (const damage of ['', '{"startMs":1', '{"startMs":"x","reservedMs":1}', 'null', '{}']) {
      writeFileSync(file, damage);
      expect(() => startClock()).toThrow(ConfigError);
      expect(() => startClock()).toThrow(/ab12-1\.json.*npm run demo:reset/);
    }
    resetDemo(dataDir);
    expect(startClock().runNumber).toBe(2);
  });
});

it('a folder that cannot be made is named at the start', () => {
  writeFileSync(path.join(dataDir, 'demo'), 'a file in the way');
  expect(() => startClock()).toThrow(ConfigError);
});

it('resetting what was never played does nothing', () => {
  expect(resetDemo(path.join(dataDir, 'nowhere'))).toEqual([]);
});
