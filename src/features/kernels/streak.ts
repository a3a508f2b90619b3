import type { Kernel, One } from './kernel.js';

/**
 * How many bars in a row had the same sign, from signs or changes: 3 after three rises, −2 after two
 * falls, 0 after a bar without change; counted up to `longestBars`, so that the reach is bounded.
 */
export function streak(longestBars: number): Kernel<One> {
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) {
      const direction = Math.sign(x[i] ?? NaN);
      const oldest = Math.max(i - longestBars + 1, 0);
      let k = i;
      while (k > oldest && Math.sign(x[k - 1] ?? NaN) === direction) k--;
      out[i] = direction * (i - k + 1);
    }
  };
}
