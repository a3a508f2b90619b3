import { ConfigError } from '../../lib/errors.js';

/** Each is a whole run; more is a search, which finds luck. */
const MAX_RUNS = 1_000;

/** A setting and the values that it is tried with, in their given order. */
export interface SweptSetting {
  readonly name: string;
  readonly values: readonly string[];
}

/** Values of the swept settings of one run, by name. */
export type GridPoint = Readonly<Record<string, string>>;

/**
 * Reads `KEY=a,b,c` texts.
 *
 * @throws ConfigError for one that is no such text, a setting that is swept twice, or too many runs
 */
export function parseSweeps(texts: readonly string[]): readonly SweptSetting[] {
  const swept = texts.map((text): SweptSetting => {
    const at = text.indexOf('=');
    const values = text
      .slice(at + 1)
      .split(',')
      .map((value) => value.trim());
    if (at < 1 || values.includes('')) {
      throw new ConfigError(`--sweep ${text}: expected KEY=a,b,c`);
    }
    return { name: text.slice(0, at), values: [...new Set(values)] };
  });
  const names = swept.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new ConfigError(`--sweep ${twice} is given twice`);
  const runs = swept.reduce((product, { values }) => product * values.length, 1);
  if (runs <= MAX_RUNS) return swept;
  throw new ConfigError(`--sweep makes ${runs} runs; at most ${MAX_RUNS}: leave out some values`);
}

/** Every combination, the last setting changing fastest. */
export function toGrid(swept: readonly SweptSetting[]): readonly GridPoint[] {
  return swept.reduce<readonly GridPoint[]>(
    (points, { name, values }) =>
      points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}
