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
  /** 95 % interval of that share, were the forecasts independent (Wilson 1927). */
  readonly lower: number;
  readonly upper: number;
}

const BIN_WIDTH = 0.05;
/** Normal quantile of the upper tail. */
const Z_95 = 1.959963984540054;

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
    ...wilsonInterval(shareTrue, count),
  };
}

/** Of a share of so many: also where it is small, or all or none came true, and the normal interval is far too narrow. */
function wilsonInterval(share: number, count: number): { lower: number; upper: number } {
  const weight = Z_95 ** 2 / count;
  const centre = (share + weight / 2) / (1 + weight);
  const half =
    (Z_95 * Math.sqrt((share * (1 - share)) / count + weight / (4 * count))) / (1 + weight);
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}
