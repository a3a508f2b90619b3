import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldReader } from './field-reader.js';

function read(text: string): number {
  return new FieldReader(Buffer.from(text)).readLastNumber();
}

describe('a number of a file', () => {
  it('is the one that Number makes of its text, to the last bit', () => {
    const plain = fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.integer({ min: 0, max: 20 }))
      .map(([digits, decimals]) => {
        const text = digits.toString().padStart(decimals + 1, '0');
        return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
      });
    const any = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    fc.assert(
      fc.property(fc.oneof(plain, any), (text) => {
        expect(read(text)).toBe(Number(text));
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['', ' ', 'x', '1x', '1.2.3', '1,2'])('is none where the field is "%s"', (text) => {
    expect(read(text)).toBeNaN();
  });
});

describe('the rows of a file', () => {
  it('are read to their ends, with either kind of line end', () => {
    const reader = new FieldReader(Buffer.from('a,b\r\n1,2\r\n3,4\n\n \n'));
    expect(reader.readLine()).toBe('a,b');
    expect(reader.countLines()).toBe(2);
    const row = () => [reader.readNumber(), reader.readLastNumber()];
    expect([row(), row()]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('with a field too few or too many hold a NaN, and the next row is read as it is', () => {
    const reader = new FieldReader(Buffer.from('1\n1,2,3\n4,5'));
    const row = () => [reader.readNumber(), reader.readLastNumber()];
    expect(row()[0]).toBeNaN();
    expect(row()).toEqual([1, NaN]);
    expect(row()).toEqual([4, 5]);
  });
});
