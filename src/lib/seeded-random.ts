/** Source of numbers in [0, 1). */
export type Random = () => number;

/**
 * A generator that gives the same numbers for the same seed text everywhere (sfc32 by Chris
 * Doty-Humphrey, PractRand; the first rounds are thrown away so that similar seeds part).
 *
 * @param seedHex at least 32 hexadecimal digits, such as a SHA-256
 */
export function seededRandom(seedHex: string): Random {
  if (!/^[0-9a-f]{32}/i.test(seedHex))
    throw new RangeError(`"${seedHex}" is not a hash to seed with`);
  const word = (at: number): number => parseInt(seedHex.slice(at * 8, at * 8 + 8), 16) | 0;
  let [a, b, c, counter] = [word(0), word(1), word(2), word(3)];
  const next: Random = () => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return (result >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 16; round++) next();
  return next;
}
