import { derive, type Expression } from '../definition/expression.js';
import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import { OPEN_TIME } from '../indicators/inputs.js';
import { cycle, isOnWeekdays, isWithinHours, monthShare } from '../kernels/calendar.js';
import type { Kernel, One } from '../kernels/kernel.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The epoch was a Thursday; weeks begin on Monday. */
const MONDAY_MS = 4 * DAY_MS;

function ofTime(formula: string, kernel: Kernel<One>): Expression {
  return derive({ formula, inputs: [OPEN_TIME], lookbackBars: 0, kernel });
}

function waves(name: string, periodMs: number, originMs: number): FeatureEntry[] {
  return (['sin', 'cos'] as const).map((wave) => [
    `${name}_${wave}`,
    ofTime(
      `${wave}(2π · place of the open time in the ${name})`,
      cycle(wave, { periodMs, originMs }),
    ),
  ]);
}

function session(name: string, fromHour: number, toHour: number): FeatureEntry {
  const formula = `[open time within ${fromHour}:00–${toHour}:00 UTC]`;
  const expression = ofTime(formula, isWithinHours(fromHour, toHour));
  return [`${name}_session`, expression, { version: 2 }];
}

export const CALENDAR_FEATURES = defineGroup('calendar', [
  ...waves('day', DAY_MS, 0),
  ...waves('half_day', DAY_MS / 2, 0),
  ...waves('eight_hours', DAY_MS / 3, 0),
  ...waves('week', 7 * DAY_MS, MONDAY_MS),
  session('asia', 0, 8),
  session('europe', 7, 16),
  session('america', 13, 21),
  ['weekend', ofTime('[open time on Saturday or Sunday UTC]', isOnWeekdays([5, 6]))],
  ['month_share', ofTime('(day of the month − 1) / (days of the month − 1)', monthShare)],
]);
