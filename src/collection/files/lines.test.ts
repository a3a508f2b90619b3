import { describe, expect, it } from 'vitest';
import { readLines, splitLine, type LineBatch } from './lines.js';

const RULES = { delimiter: ',', hasQuotes: true };

async function batchesOf(chunks: readonly string[], isComplete = false): Promise<LineBatch[]> {
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
  }
  const batches: LineBatch[] = [];
  for await (const batch of readLines({ bytes: bytes(), isComplete })) batches.push(batch);
  return batches;
}

describe('lines of a file', () => {
  it('are whole wherever the file is cut into chunks', async () => {
    const batches = await batchesOf(['one,1\ntw', 'o,2\r\nthree', ',3\n']);
    expect(batches.flatMap(({ lines }) => lines)).toEqual(['one,1', 'two,2', 'three,3']);
    expect(batches.map(({ firstNumber }) => firstNumber)).toEqual([1, 2, 3]);
    expect(batches.at(-1)?.endByte).toBe(21);
  });

  it('keep characters whole that a chunk cuts in two', async () => {
    const bytes = Buffer.from('Größe\n').toString('latin1');
    const batches = await batchesOf([bytes.slice(0, 3), bytes.slice(3)]);
    expect(batches.flatMap(({ lines }) => lines)).toEqual(['Größe']);
  });

  it('hand out a last line without a line end as unfinished', async () => {
    const [first, last] = await batchesOf(['one,1\n', 'two,2']);
    expect(first).toMatchObject({ lines: ['one,1'], unfinished: undefined });
    expect(last).toMatchObject({ lines: [], unfinished: 'two,2', endByte: 6 });
  });

  it('count a last line of a text that is complete', async () => {
    const batches = await batchesOf(['one,1\ntwo,2'], true);
    expect(batches.flatMap(({ lines }) => lines)).toEqual(['one,1', 'two,2']);
  });

  it('lose a byte order mark', async () => {
    const batches = await batchesOf([Buffer.from('\uFEFFdate\n').toString('latin1')]);
    expect(batches[0]?.lines).toEqual(['date']);
  });

  it('are no lines of a CSV file when they do not end', async () => {
    await expect(batchesOf(['x'.repeat(60_000), 'y'.repeat(60_000)])).rejects.toThrow(
      'line 1 has more than 100000 bytes',
    );
  });
});

describe('cells of a line', () => {
  it.each([
    ['a,b,c', ['a', 'b', 'c']],
    ['a,,', ['a', '', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",c', ['say "hi"', 'c']],
    ['"a",""', ['a', '']],
    ['Plain "quoted" name,8', ['Plain "quoted" name', '8']],
  ])('of %s are read', (line, cells) => {
    expect(splitLine(line, RULES)).toEqual(cells);
  });

  it.each([
    ['2025-01-01,"Zeus" x27,5', 'column 2 goes on after its closing quote'],
    ['2025-01-01,"Zeus,5', 'the quote in column 2 is not closed'],
  ])('of %s are refused', (line, reason) => {
    expect(splitLine(line, RULES)).toBe(reason);
  });

  it('hold quotes as they are where quotes mean nothing', () => {
    const rules = { delimiter: ',', hasQuotes: false };
    expect(splitLine('2025-01-01,"Zeus" x27,5', rules)).toEqual(['2025-01-01', '"Zeus" x27', '5']);
  });
});
