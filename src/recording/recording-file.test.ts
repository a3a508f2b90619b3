import { describe, expect, it } from 'vitest';
import { decimalsIn } from './recording-file.js';

const HEADER = 'timestamp_ms,open,high,low,close,volume';

describe('the decimals of a file', () => {
  it.each([
    ['the most that a price and a volume have', ['0,1.5,2,1,1.25,3.125', '1,1,2,1,1,3'], [2, 3]],
    ['those of a last row that no line end closes', ['0,1,2,1,1,3', '1,1.5,2,1,1,3.0625'], [1, 4]],
    ['none where there is no point', ['0,1,2,1,1,3'], [0, 0]],
    ['eight at most', ['0,0.0000000001,1,0.1,0.1,0.123456789'], [8, 8]],
  ])('are %s', (_, rows, [price, quantity]) => {
    const bytes = Buffer.from([HEADER, ...rows].join('\n'));
    expect(decimalsIn(bytes)).toEqual({ price, quantity });
    expect(decimalsIn(Buffer.from([HEADER, ...rows, ''].join('\r\n')))).toEqual({
      price,
      quantity,
    });
  });
});
