import { describe, expect, it } from 'vitest';
import { parseNamePattern } from './name-pattern.js';

describe('attributes in a name', () => {
  it('are what stands between the texts of the pattern', () => {
    const parse = parseNamePattern('{type} | {variant} ({condition})');
    expect(parse('AK-47 | Redline (Field-Tested)')).toEqual({
      type: 'AK-47',
      variant: 'Redline',
      condition: 'Field-Tested',
    });
    expect(parse('Größe | été (neu)')).toMatchObject({ type: 'Größe', variant: 'été' });
  });

  it('are none in a name of another form', () => {
    const parse = parseNamePattern('{type} | {variant} ({condition})');
    expect(parse('AK-47 Redline')).toBeUndefined();
    expect(parse('AK-47 | Redline')).toBeUndefined();
  });

  it('are read literally where the pattern has signs of regular expressions', () => {
    expect(parseNamePattern('[{a}] +{b}')('[x] +y')).toEqual({ a: 'x', b: 'y' });
    expect(parseNamePattern('{a}.{b}')('xzy')).toBeUndefined();
  });

  it.each([
    ['plain', 'names no field'],
    ['{a} {a}', 'twice'],
    ['{a}{b}', 'side by side'],
  ])('need a pattern that can be read: %s', (pattern, message) => {
    expect(() => parseNamePattern(pattern)).toThrow(message);
  });
});
