import { describe, expect, it } from 'vitest';
import { doubleField, fieldsOf, identityOf, readField, readValue, textField } from './lines.js';
import { readTableShapes, type TableShape } from './table-shapes.js';

function shape(name: string): TableShape {
  const found = readTableShapes().find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

describe('a field', () => {
  it.each(['', 'plain', 'a\tb', 'a\nb', 'a\\nb', '\\', '\\N', '\\\\t', 'é🙂', '\r\0'])(
    'of text comes back as it was: %j',
    (text) => {
      const field = textField(text);
      expect(field).not.toMatch(/[\t\n]/);
      expect(readField(field)).toBe(text);
    },
  );

  it('distinguishes NULL from the text that looks like it', () => {
    expect(textField(null)).toBe('\\N');
    expect(textField('\\N')).toBe('\\\\N');
    expect(readField('\\N')).toBeNull();
  });

  it('of a number is exact, beyond 2^53 too', () => {
    expect(readValue('9007199254740993', { name: 'n', kind: 'integer' })).toBe(9007199254740993n);
    expect(readValue('0.1', { name: 'n', kind: 'real' })).toBe(0.1);
    expect(readValue('\\N', { name: 'n', kind: 'real' })).toBeNull();
  });

  // What MariaDB 10.11 answers to SELECT CONCAT(CAST('…' AS DOUBLE)).
  it.each([
    [1e-7, '0.0000001'],
    [1.5e-7, '0.00000015'],
    [-1.5e-7, '-0.00000015'],
    [1.2345678901234566e-9, '0.0000000012345678901234566'],
    [5e-324, '5e-324'],
    [1e15, '1e15'],
    [1.5e15, '1.5e15'],
    [1234567890123456.8, '1234567890123456.8'],
    [999999999999999.9, '999999999999999.9'],
    [123456789012345680, '1.2345678901234568e17'],
    [1e22, '1e22'],
    [1.7976931348623157e308, '1.7976931348623157e308'],
    [0, '0'],
    [-0, '0'],
    [42283.58, '42283.58'],
  ])('of the double %d is what the server prints', (value, text) => {
    expect(doubleField(value)).toBe(text);
    expect(Number(text)).toBe(value + 0);
  });
});

describe('a line', () => {
  it('is identified by the fields that make the row the same', () => {
    const line = ['7', '60000', '1', '2', '0.5', '1.5', '3', '1', '0', '9'].join('\t');
    expect(identityOf(shape('market_data'), line)).toBe('7\t60000');
    expect(fieldsOf(shape('market_data'), line, ['revision', 'close'])).toEqual(['1', '1.5']);
  });
});
