import { describe, expect, it } from 'vitest';
import { toCycleIntervalMs } from './module-options.js';

const SETTINGS = { analysisIntervalSec: 60 };

describe('the time between two analysis cycles', () => {
  it('is ANALYSIS_INTERVAL_SEC on a real market and on a demo at real speed', () => {
    expect(toCycleIntervalMs(SETTINGS, ['1h'], { isDemo: false, speed: 1 })).toBe(60_000);
    expect(toCycleIntervalMs(SETTINGS, ['1h'], { isDemo: true, speed: 1 })).toBe(60_000);
  });

  it('is a part of the shortest bar where the demo is quicker', () => {
    expect(toCycleIntervalMs(SETTINGS, ['1h', '1d'], { isDemo: true, speed: 1200 })).toBe(750);
    expect(toCycleIntervalMs(SETTINGS, ['1h'], { isDemo: true, speed: 60 })).toBe(15_000);
    expect(toCycleIntervalMs(SETTINGS, ['1m'], { isDemo: true, speed: 3600 })).toBe(500);
  });
});
