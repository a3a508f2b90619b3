import { expect, it } from 'vitest';
import { seededRandom } from '../../src/lib/seeded-random.js';
import { LimitedBooks, randomLimits } from './limited-books.js';

const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
const SEQUENCES = IS_LONG ? 1_000_000 : 1_000;
const BARS = 8;
/** On a machine that others use as well. */
const LIMIT_MS = IS_LONG ? 3 * 3_600_000 : 120_000;

// Risk: a purchase that a limit forbids.
it(
  `no limit is exceeded in ${SEQUENCES} random sequences of fills, prices and halts`,
  async () => {
    let entries = 0;
    for (let sequence = 0; sequence < SEQUENCES; sequence++) {
      const random = seededRandom(sequence.toString(16).padStart(32, '5'));
      const limits = randomLimits(random);
      const books = new LimitedBooks(limits, random);
      for (let bar = 0; bar < BARS; bar++) await books.step();
      entries += books.entries;
      if (books.broken.length > 0) {
        expect.fail(
          `sequence ${sequence} with ${JSON.stringify(limits)}: ${books.broken.join(', ')}`,
        );
      }
    }
    // Otherwise nothing was judged.
    expect(entries).toBeGreaterThan(SEQUENCES);
  },
  LIMIT_MS,
);
