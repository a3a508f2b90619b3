import { expect, it } from 'vitest';
import { normalCdf, normalQuantile } from './normal-distribution.js';

// scipy.stats.norm, version 1.14.
it.each([
  [0, 0.5],
  [1, 0.8413447460685429],
  [-1.959963984540054, 0.025],
  [2.9999, 0.998649658717045],
  [3.0001, 0.9986505450867392],
  [-6, 9.865876450376946e-10],
  [-8, 6.22096057427174e-16],
])('the probability below %f is %f', (z, probability) => {
  expect(normalCdf(z)).toBeCloseTo(probability, 13);
  if (z < 0) expect(normalCdf(z) / probability).toBeCloseTo(1, 9);
});

it.each([
  [0.975, 1.959963984540054],
  [0.99, 2.3263478740408408],
  [1e-9, -5.9978070150076865],
])('the quantile of %f is %f', (probability, z) => {
  expect(normalQuantile(probability)).toBeCloseTo(z, 8);
});

it.each([0, 1, -0.1, NaN])('the quantile of %f is refused', (probability) => {
  expect(() => normalQuantile(probability)).toThrow(RangeError);
});
