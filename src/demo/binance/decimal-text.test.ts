import { describe, expect, it } from 'vitest';
import { decimalText, roundedText } from './decimal-text.js';

describe('numbers in answers', () => {
  it('have eight decimals', () => {
    expect(decimalText(42_283.58)).toBe('42283.58000000');
    expect(decimalText(0.00001323)).toBe('0.00001323');
    expect(decimalText(0)).toBe('0.00000000');
  });

  it('lose nothing where eight decimals are too few', () => {
    expect(Number(decimalText(0.1234567891))).toBe(0.1234567891);
    expect(decimalText(1.5e-10)).not.toContain('e');
    expect(Number(decimalText(1.5e-10))).toBeCloseTo(1.5e-10, 20);
  });

  it('are rounded where they were computed', () => {
    expect(roundedText(1 / 3)).toBe('0.33333333');
  });
});
