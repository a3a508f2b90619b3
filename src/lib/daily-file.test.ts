import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import winston from 'winston';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DailyFile } from './daily-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-daily-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FILE_BYTES = 4_000;

async function write(from: number, to: number, folderBytes: number): Promise<void> {
  const file = new DailyFile({
    folder,
    format: winston.format.json(),
    limits: { fileBytes: FILE_BYTES, folderBytes },
    onLost: (reason) => expect.unreachable(reason),
  });
  const logger = winston.createLogger({ transports: [file] });
  for (let line = from; line < to; line++) logger.info(`line ${line} ${'x'.repeat(60)}`);
  const finished = once(file, 'finish');
  logger.end();
  await finished;
  await file.flush();
}

const names = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();
const sizeOf = (name: string): number => statSync(path.join(folder, name)).size;
const written = (): number[] =>
  names().flatMap((name) =>
    [...readFileSync(path.join(folder, name), 'utf8').matchAll(/line (\d+)/g)].map(([, n]) =>
      Number(n),
    ),
  );

it('goes on in another file of the day when one is full, without losing a line, also after a restart', async () => {
  await write(0, 100, 1e9);
  await write(100, 200, 1e9);
  expect(names().length).toBeGreaterThan(3);
  for (const name of names()) expect(sizeOf(name)).toBeLessThan(FILE_BYTES + 200);
  expect(written()).toEqual(Array.from({ length: 200 }, (_, line) => line));
});

it('deletes the oldest files once all together are too large', async () => {
  await write(0, 300, 12_000);
  await write(300, 310, 12_000);
  const sum = names().reduce((bytes, name) => bytes + sizeOf(name), 0);
  expect(sum).toBeLessThan(12_000 + 2 * FILE_BYTES);
  expect(written().at(-1)).toBe(309);
});
