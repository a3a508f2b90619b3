import { describe, expect, it } from 'vitest';
import { populationStability } from './novelty.js';

const ramp = (count: number, from = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, at) => from + at / count);

describe('populationStability', () => {
  it('is 0 for the same distribution, and grows with the shift', () => {
    expect(populationStability(ramp(1000), ramp(500))).toBeCloseTo(0, 2);
    const small = populationStability(ramp(1000), ramp(500, 0.05));
    const large = populationStability(ramp(1000), ramp(500, 0.5));
    expect(small).toBeGreaterThan(0);
    expect(large).toBeGreaterThan(0.25);
    expect(large).toBeGreaterThan(small);
  });

  it('follows the formula: half of each decile moved into the last one', () => {
    // Nine bins of 0.05 and one of 0.55 against ten of 0.1.
    const half = Float32Array.from({ length: 1000 }, (_, at) => (at % 2 === 0 ? at / 1000 : 0.95));
    const expected = 9 * (0.05 - 0.1) * Math.log(0.5) + (0.55 - 0.1) * Math.log(5.5);
    expect(populationStability(ramp(1000), half)).toBeCloseTo(expected, 1);
  });

  it('leaves missing values out, and says so where nothing is left', () => {
    const withGaps = Float32Array.from([...ramp(1000), NaN, NaN]);
    expect(populationStability(withGaps, ramp(500))).toBeCloseTo(0, 2);
    expect(populationStability(ramp(10), new Float32Array([NaN]))).toBeNaN();
  });
});
