import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.js';

function read(maxLineBytes: number, ...chunks: string[]): string[] {
  const lines: string[] = [];
  const reader = new LineSplitter({
    maxLineBytes,
    onLine: (line) => lines.push(line),
    onOverlong: () => lines.push('<overlong>'),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk, 'latin1'));
  return lines;
}

describe('LineSplitter', () => {
  it('cuts lines wherever the chunks are cut', () => {
    expect(read(100, 'one\ntwo\nth', 'r', 'ee\n')).toEqual(['one', 'two', 'three']);
  });

  it('joins a character that was cut in two', () => {
    const bytes = Buffer.from('µ\n').toString('latin1');
    expect(read(100, bytes.slice(0, 1), bytes.slice(1))).toEqual(['µ']);
  });

  it('leaves out empty lines and keeps an unfinished one back', () => {
    expect(read(100, '\n\none\nunfinished')).toEqual(['one']);
  });

  it('reports a line over the limit once and goes on with the next', () => {
    expect(read(4, 'abc', 'def', 'ghi\nok\n')).toEqual(['<overlong>', 'ok']);
    expect(read(4, 'abcdefghi\nok\nabcd\n')).toEqual(['<overlong>', 'ok', 'abcd']);
  });
});
