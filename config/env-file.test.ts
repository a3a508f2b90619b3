import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../src/lib/errors.js';
import { readEnvFile } from './env-file.js';

describe('a .env file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-env-'));
    file = path.join(folder, '.env');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const read = (content: string | Buffer) => {
    writeFileSync(file, content);
    return readEnvFile(file);
  };

  it('may be missing', () => {
    expect(readEnvFile(file)).toEqual({ variables: {}, warnings: [] });
  });

  it('is refused by name where it is a folder', () => {
    mkdirSync(file);
    expect(() => readEnvFile(file)).toThrow(ConfigError);
    expect(() => readEnvFile(file)).toThrow(`${file} is a folder; expected a file of NAME=value`);
  });

  it('is read without a warning where every line assigns, comments or continues a quoted value', () => {
    const text =
      '# all of it\n\nEXCHANGE=kraken\nexport SYMBOLS="BTC/USD,\nETH/USD"\r\nAPI_PORT = 1\n';
    expect(read(text)).toEqual({
      variables: { EXCHANGE: 'kraken', SYMBOLS: 'BTC/USD,\nETH/USD', API_PORT: '1' },
      warnings: [],
    });
  });

  it('warns of lines that are no assignment, without showing what may be a secret', () => {
    const { variables, warnings } = read(
      'EXCHANGE: kraken\nAPI_TOKEN: a=secret\nhello\nAPI_PORT=1\n',
    );
    expect(variables['API_PORT']).toBe('1');
    expect(warnings).toEqual([
      `Line 1 of ${file} (EXCHANGE) is not NAME=value and has no effect`,
      `Line 2 of ${file} (API_TOKEN) is not NAME=value and has no effect`,
      `Line 3 of ${file} is not NAME=value and has no effect`,
    ]);
  });

  it('warns of a name that is given twice, of which the last one counts', () => {
    const { variables, warnings } = read(
      'API_TOKEN=first-secret\nPYTHON="\nAPI_TOKEN=inside\n"\nexport API_TOKEN = second-secret\n',
    );
    expect(variables['API_TOKEN']).toBe('second-secret');
    expect(warnings).toEqual([
      `API_TOKEN is given twice in ${file}: line 1 has no effect, line 5 counts`,
    ]);
  });

  it.each([
    ['with a mark', Buffer.from('\ufeffEXCHANGE=kraken\r\n', 'utf16le')],
    ['without one', Buffer.from('EXCHANGE=kraken\r\n', 'utf16le')],
    ['big end first', Buffer.from('\ufeffEXCHANGE=kraken\r\n', 'utf16le').swap16()],
  ])('is read in UTF-16 %s, with a warning', (_, bytes) => {
    const { variables, warnings } = read(bytes);
    expect(variables).toEqual({ EXCHANGE: 'kraken' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('save it as UTF-8');
  });

  it('may begin with the mark of UTF-8', () => {
    expect(read('\ufeffEXCHANGE=kraken\n')).toEqual({
      variables: { EXCHANGE: 'kraken' },
      warnings: [],
    });
  });
});
