import { toBotName } from '../src/domain/bots.js';
import { isTimeframe, TIMEFRAMES } from '../src/domain/timeframe.js';

/** Names may be parted by blanks or, as in the settings, by commas. */
export function names(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, ...text.split(',').filter((name) => name !== '')];
}

/** Names of bots, under which they are stored. */
export function botNames(text: string, previous: readonly string[] = []): readonly string[] {
  return [...new Set(names(text, previous).map(toBotName))];
}

/** What is wrong with the timeframes that were asked for; undefined where nothing is. */
export function findWrongTimeframe(timeframes: readonly string[] | undefined): string | undefined {
  const wrong = timeframes?.find((name) => !isTimeframe(name));
  return wrong === undefined
    ? undefined
    : `${wrong} is no timeframe; there are ${TIMEFRAMES.join(', ')}`;
}
