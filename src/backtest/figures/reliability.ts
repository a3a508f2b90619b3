/** A stated probability and whether what it was stated of came true. */
export interface Forecast {
  readonly probability: number;
  readonly isTrue: boolean;
}

/** Forecasts of similar probability. Fractions. */
export interface ReliabilityBin {
  /** Bounds of the probabilities, the upper excluded. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanProbability: number;
  /** Share that came true: equal to the mean probability where the forecasts are calibrated. */
  readonly shareTrue: number;
  /** Half of a 95 % interval of that share, were the forecasts independent (normal approximation). */
  readonly margin: number;
}

const BIN_WIDTH = 0.05;
const Z_95 = 1.96;

/** Reliability by bins of equal width, empty ones left out (Murphy and Winkler 1977). */
export function reliabilityOf(forecasts: readonly Forecast[]): readonly ReliabilityBin[] {
  const groups = new Map<number, Forecast[]>();
  for (const forecast of forecasts) {
    const bin = Math.floor(forecast.probability / BIN_WIDTH + 1e-9);
    const group = groups.get(bin) ?? [];
    group.push(forecast);
    groups.set(bin, group);
  }
  return [...groups].sort(([one], [other]) => one - other).map(([bin, group]) => toBin(bin, group));
}

function toBin(bin: number, group: readonly Forecast[]): ReliabilityBin {
  const count = group.length;
  const shareTrue = group.filter(({ isTrue }) => isTrue).length / count;
  return {
    from: bin * BIN_WIDTH,
    to: (bin + 1) * BIN_WIDTH,
    count,
    meanProbability: group.reduce((sum, { probability }) => sum + probability, 0) / count,
    shareTrue,
    margin: Z_95 * Math.sqrt((shareTrue * (1 - shareTrue)) / count),
  };
}
