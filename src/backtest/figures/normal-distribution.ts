/**
 * The standard normal distribution in double precision. Own code because the libraries that have it are
 * either tables of four digits or a tree of dozens of packages for two functions.
 */

/** Coefficients of the series and the continued fraction are exact; they meet at this argument. */
const SERIES_LIMIT = 3;
const TERMS = 200;

/** Probability of a value at or below `z`. Absolute error below 1e-14. */
export function normalCdf(z: number): number {
  if (Math.abs(z) < SERIES_LIMIT) return 0.5 + normalDensity(z) * seriesOf(z);
  const tail = normalDensity(z) / tailFraction(Math.abs(z));
  return z > 0 ? 1 - tail : tail;
}

/** The value below which a normal variable falls with probability `p`. @throws RangeError outside (0, 1) */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`${p} is no probability between 0 and 1`);
  // Newton's method from the middle, held inside a bracket that is halved when a step leaves it.
  let [low, high] = [-40, 40];
  let z = 0;
  for (let step = 0; step < TERMS; step++) {
    const miss = normalCdf(z) - p;
    if (miss > 0) high = z;
    else low = z;
    const next = z - miss / normalDensity(z);
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - z) <= 1e-15 * Math.max(1, Math.abs(z))) return inside;
    z = inside;
  }
  return z;
}

function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** z + z³/3 + z⁵/(3·5) + … (Abramowitz and Stegun 26.2.11). */
function seriesOf(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 3; n < 2 * TERMS && Math.abs(term) > 1e-18; n += 2) {
    term *= (z * z) / n;
    sum += term;
  }
  return sum;
}

/** z + 1/(z + 2/(z + 3/(z + …))) (Abramowitz and Stegun 26.2.14). */
function tailFraction(z: number): number {
  let fraction = z;
  for (let n = TERMS; n > 0; n--) fraction = z + n / fraction;
  return fraction;
}
