import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastPlace, spanAround, type Span } from '../../dashboard/src/pages/market/bar-window.js';

const START = { from: 0, to: 0 };

/** What a person does to a chart: how far the view moves, in widths of it, and whether by a drag. */
const moves = fc.array(
  fc.record({
    by: fc.double({ min: -1, max: 1, noNaN: true }),
    isDrag: fc.boolean(),
    /** Bars of the view. */
    width: fc.integer({ min: 20, max: 2000 }),
    /** Older bars that have been read meanwhile. */
    older: fc.constantFrom(0, 0, 0, 1000),
  }),
  { minLength: 1, maxLength: 60 },
);

const inBars = (place: number, count: number): number => Math.min(count, Math.max(0, place));

describe('the bars that a chart holds', () => {
  test('are those in view wherever one moves, and never many more than that', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), moves, (first, steps) => {
        let [count, view] = [first, { from: first - 100, to: first + 6 }];
        let held: Span = spanAround(view, START, { count, keepsNewer: false });
        for (const { by, isDrag, width, older } of steps) {
          count += older;
          const shifted = { from: held.from + older, to: held.to + older };
          const middle = inBars((view.from + view.to) / 2 + older + by * width, count);
          view = { from: middle - width / 2, to: middle + width / 2 };
          held = isDrag ? spanAround(view, shifted, { count, keepsNewer: true }) : shifted;
          if (isDrag) expect(held.to).toBe(shifted.to);
          held = spanAround(view, held, { count, keepsNewer: false });
          expect(held.from).toBeLessThanOrEqual(inBars(Math.floor(view.from), count));
          expect(held.to).toBeGreaterThanOrEqual(inBars(Math.ceil(view.to), count));
          expect(spanAround(view, held, { count, keepsNewer: false })).toBe(held);
        }
        const settled = spanAround(view, START, { count, keepsNewer: false });
        expect(settled.to - settled.from).toBeLessThanOrEqual(
          4 * Math.max(300, view.to - view.from) + 2,
        );
      }),
    );
  });

  test('leave room for a drag across the whole chart, during which no newer ones come', () => {
    const [count, width] = [50_000, 1000];
    let view = { from: count - width, to: count };
    let held = spanAround(view, START, { count, keepsNewer: false });
    for (const by of [-0.7, -0.7, -0.7, -0.7, 1, 0.9, -1, 1]) {
      view = { from: view.from + by * width, to: view.to + by * width };
      held = spanAround(view, held, { count, keepsNewer: true });
      expect(held.from).toBeLessThanOrEqual(view.from);
      expect(held.to).toBeGreaterThanOrEqual(Math.min(count, view.to));
      held = spanAround(view, held, { count, keepsNewer: false });
      expect(held.to - held.from).toBeLessThanOrEqual(5.5 * width);
    }
  });
});

test('the last bar until a time is found among none, before all and between two', () => {
  const bars = [10, 20, 30].map((time) => ({ time }));
  expect([5, 10, 15, 30, 99].map((time) => lastPlace(bars, time))).toEqual([-1, 0, 0, 2, 2]);
  expect(lastPlace([], 10)).toBe(-1);
});
