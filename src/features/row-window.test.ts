import { describe, expect, it } from 'vitest';
import { haveWindows, windowReachBars } from './row-window.js';

describe('windows of rows', () => {
  it('reach back a quarter further than they have rows', () => {
    expect(windowReachBars(1)).toBe(0);
    expect(windowReachBars(8)).toBe(9);
    expect(windowReachBars(48)).toBe(59);
  });

  it('are complete once there are enough rows', () => {
    expect([...haveWindows([10, 11, 12, 13], 1)]).toEqual([1, 1, 1, 1]);
    expect([...haveWindows([10, 11, 12, 13, 14], 4)]).toEqual([0, 0, 0, 1, 1]);
  });

  it('skip a few bars without a row, but never a stretch of them', () => {
    // Of four rows one bar may be missing between them.
    expect([...haveWindows([10, 11, 13, 14, 15, 16, 17], 4)]).toEqual([0, 0, 0, 1, 1, 1, 1]);
    expect([...haveWindows([10, 11, 14, 15, 16, 17], 4)]).toEqual([0, 0, 0, 0, 0, 1]);
  });
});
