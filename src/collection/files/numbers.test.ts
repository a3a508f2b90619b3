import { describe, expect, it } from 'vitest';
import { findDecimalSign, parseNumber, parseVolume } from './numbers.js';

describe('a number in a file', () => {
  it.each([
    ['98.8212', '.', 98.8212],
    ['1,234.5', '.', 1234.5],
    ['1e-05', '.', 0.00001],
    ['$185.64', '.', 185.64],
    ['98,8212', ',', 98.8212],
    ['1.234,5', ',', 1234.5],
    ['1 234,5', ',', 1234.5],
  ] as const)('%s with the decimal sign %s is %d', (text, decimal, expected) => {
    expect(parseNumber(text, decimal)).toBe(expected);
  });

  it.each([
    ['', '.'],
    ['98,8212', '.'],
    ['98.8212', ','],
    ['12 %', '.'],
    ['Infinity', '.'],
    ['0x1f', '.'],
  ] as const)('is not "%s" with the decimal sign %s', (text, decimal) => {
    expect(parseNumber(text, decimal)).toBeNaN();
  });

  it('of a volume may be shortened, or be missing', () => {
    expect(parseVolume('371.25K', '.')).toBe(371_250);
    expect(parseVolume('1,5M', ',')).toBe(1_500_000);
    expect(parseVolume('-', '.')).toBeUndefined();
    expect(parseVolume('', '.')).toBeUndefined();
    expect(parseVolume('many', '.')).toBeNaN();
  });
});

describe('the decimal sign of a file', () => {
  const find = (...cells: string[]): unknown => findDecimalSign(cells, { mayGroupByPoint: false });

  it('is the one that some number shows for certain', () => {
    expect(find('98.8212', '100.0')).toBe('.');
    expect(find('98,8212', '100,0')).toBe(',');
    expect(find('1,234.56', '1,234')).toBe('.');
    expect(find('1.234,56', '1.234')).toBe(',');
    expect(find('100', '200')).toBe('.');
  });

  it('is in doubt where each number may be thousands or a fraction', () => {
    expect(find('1,234', '2,345')).toEqual({ doubt: '"1,234" may be thousands or a fraction' });
    expect(findDecimalSign(['1.234'], { mayGroupByPoint: true })).toHaveProperty('doubt');
  });

  it('is in doubt where numbers contradict each other', () => {
    expect(find('98.82', '98,82')).toHaveProperty('doubt');
  });
});
