import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from './logger.js';
import { createLogger } from './winston-logger.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The stored lines of what `write` logs. */
async function logged(write: (logger: Logger) => void, secrets: readonly string[] = []) {
  const logger = createLogger({ level: 'info', target: 'terminal', folder, secrets });
  write(logger);
  await logger.close();
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('has every line once it is closed, in order, with its fields', async () => {
    const lines = await logged((logger) => {
      for (let line = 0; line < 500; line++) logger.info(`line ${line}`, { line });
    });
    expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: 500 }, (_, line) => line));
    expect(lines[7]).toMatchObject({ level: 'info', message: 'line 7' });
  });

  it('leaves out what is less important than its level, and fields that are undefined', async () => {
    const lines = await logged((logger) => {
      logger.debug('not this');
      logger.warn('sold', { pnl: undefined, size: 0 });
    });
    expect(lines).toHaveLength(1);
    expect(Object.keys(lines[0] ?? {}).sort()).toEqual(['level', 'message', 'size', 'timestamp']);
  });

  it('shows an error with its stack', async () => {
    const [line] = await logged((logger) => {
      logger.error('failed', { error: new TypeError('no such thing') });
    });
    expect(line?.['error']).toMatch(/^TypeError: no such thing\n +at /);
  });

  it('keeps its newest lines with their fields, and nothing of the library that writes them', async () => {
    const logger = createLogger({ level: 'info', target: 'terminal', folder, secrets: [] });
    logger.info('bought', { job: 'trading', symbol: 'BTC/USDT' });
    const [line] = logger.tail.list({}, 1);
    expect(Reflect.ownKeys(line?.fields ?? {})).toEqual(['job', 'symbol']);
    await logger.close();
  });

  it('gives the fields of a child to each of its lines', async () => {
    const [line] = await logged((logger) => {
      logger.child({ symbol: 'BTC/USDT' }).child({ bot: 'catboost' }).info('x');
    });
    expect(line).toMatchObject({ symbol: 'BTC/USDT', bot: 'catboost' });
  });

  it('hides secrets in messages, fields, nested values and errors', async () => {
    const lines = await logged(
      (logger) => {
        logger.info('with canary-1 in it', { apiKey: 'canary-2', deep: [{ note: 'canary-1' }] });
        logger.error('failed', { error: new Error('canary-1 again') });
        logger.info('url', { url: 'https://user:canary-3@host/?signature=canary-4' });
      },
      ['canary-1'],
    );
    expect(lines).toHaveLength(3);
    expect(JSON.stringify(lines)).not.toMatch(/canary/);
  });

  it('goes on where no file can be written', async () => {
    const file = path.join(folder, 'not-a-folder');
    writeFileSync(file, '');
    const options = { level: 'error', target: 'terminal', secrets: [] } as const;
    const logger = createLogger({ ...options, folder: path.join(file, 'logs') });
    logger.info('not shown at this level');
    await expect(logger.close()).resolves.toBeUndefined();
  });

  it.skipIf(!canMount())(
    'goes on while its disk is full, and writes again once there is space',
    async () => {
      const disk = path.join(folder, 'disk');
      mkdirSync(disk);
      expect(run('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk)).toBe(0);
      const shown: string[] = [];
      // Where winston's console writes to, which is not standard output in a test.
      const { _stdout: terminal } = console as unknown as { _stdout: NodeJS.WriteStream };
      const write = vi.spyOn(terminal, 'write').mockImplementation((line) => {
        shown.push(String(line));
        return true;
      });
      try {
        const options = { level: 'info', target: 'terminal', secrets: [] } as const;
        const logger = createLogger({ ...options, folder: disk, fileRetryMs: 200 });
        logger.info('first');
        writeFileSync(path.join(disk, 'filler'), Buffer.alloc(240 * 1024));
        for (let line = 0; line < 50; line++) {
          logger.info('x'.repeat(2000));
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        rmSync(path.join(disk, 'filler'));
        await new Promise((resolve) => setTimeout(resolve, 400));
        logger.info('last');
        await logger.close();
        const [file = ''] = readdirSync(disk).filter((name) => name.endsWith('.log'));
        const text = readFileSync(path.join(disk, file), 'utf8');
        expect(text).toContain('first');
        expect(text).toContain('last');
        expect(statSync(path.join(disk, file)).size).toBeLessThan(100_000);
      } finally {
        write.mockRestore();
        run('umount', '--lazy', disk);
      }
      const warnings = shown.filter((line) => line.includes('log files are lost'));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('ENOSPC');
    },
  );
});

function run(command: string, ...args: readonly string[]): number | null {
  return spawnSync(command, args).status;
}

/** Only root may, and not in every container. */
function canMount(): boolean {
  const place = mkdtempSync(path.join(tmpdir(), 'evenkeel-mount-'));
  const isMounted = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place) === 0;
  if (isMounted) run('umount', place);
  rmSync(place, { recursive: true });
  return isMounted;
}
