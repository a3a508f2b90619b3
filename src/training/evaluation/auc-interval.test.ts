import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../test/gaussian.js';
import { seededRandom } from '../../lib/seeded-random.js';
import { aucInterval } from './auc-interval.js';
import { directionalAuc } from './classification.js';

const ROWS = 3000;
const random = () => seededRandom('7'.repeat(32));
const EACH_ROW = { blockRows: 1, resamples: 1000 };

/** Rows of which a third are HOLD; BUY rows score higher by `shift` standard deviations. */
function simulate(rows: number, shift: number) {
  const draw = random();
  const labels = Array.from({ length: rows }, () => Math.floor(3 * draw()));
  const probabilities = labels.flatMap((label) => {
    const score = gaussian(draw) + (label === 2 ? shift : 0);
    const share = 1 / (1 + Math.exp(-score));
    return [(1 - share) / 2, 0.5, share / 2];
  });
  return { labels, probabilities };
}

/** Standard error of independent rows: Hanley & McNeil, Radiology 143 (1982), 29-36. */
function hanleyMcNeil(auc: number, buys: number, sells: number): number {
  const [q1, q2] = [auc / (2 - auc), (2 * auc ** 2) / (1 + auc)];
  const variance = auc * (1 - auc) + (buys - 1) * (q1 - auc ** 2) + (sells - 1) * (q2 - auc ** 2);
  return Math.sqrt(variance / (buys * sells));
}

describe('the interval of the directional AUC', () => {
  it('is around the AUC, and as wide for independent rows as Hanley and McNeil say', () => {
    const { labels, probabilities } = simulate(ROWS, 0.4);
    const found = aucInterval(probabilities, labels, random(), EACH_ROW);
    expect(found.estimate).toBeCloseTo(directionalAuc(probabilities, labels), 12);
    const count = (label: number) => labels.filter((one) => one === label).length;
    const wanted = 2 * 1.645 * hanleyMcNeil(found.estimate, count(2), count(0));
    expect((found.upper - found.lower) / wanted).toBeGreaterThan(0.9);
    expect((found.upper - found.lower) / wanted).toBeLessThan(1.1);
    expect(found.lower).toBeLessThan(found.estimate);
    expect(found.upper).toBeGreaterThan(found.estimate);
  });

  it('is wider where rows come in runs that say the same, once these are drawn together', () => {
    const { labels, probabilities } = simulate(ROWS / 10, 0.4);
    const runs = {
      labels: labels.flatMap((label) => Array.from({ length: 10 }, () => label)),
      probabilities: labels.flatMap((_, row) =>
        Array.from({ length: 10 }, () => probabilities.slice(3 * row, 3 * row + 3)).flat(),
      ),
    };
    const widthOf = (blockRows: number): number => {
      const options = { ...EACH_ROW, blockRows };
      const { lower, upper } = aucInterval(runs.probabilities, runs.labels, random(), options);
      return upper - lower;
    };
    // Ten rows that are one are worth one: √10 times the width, less where blocks cut runs.
    expect(widthOf(40) / widthOf(1)).toBeGreaterThan(2.5);
  });

  it('is not known with one side only', () => {
    expect(aucInterval([0.1, 0.5, 0.4], [2], random())).toEqual({
      ...{ estimate: NaN, lower: NaN, upper: NaN },
    });
  });

  it('stays within what an AUC can be', () => {
    const labels = [0, 0, 2, 2, 2];
    const probabilities = [0.1, 0.2, 0.6, 0.7, 0.8].flatMap((buy) => [1 - buy, 0, buy]);
    expect(aucInterval(probabilities, labels, random(), EACH_ROW)).toMatchObject({
      ...{ estimate: 1, upper: 1 },
    });
  });
});
