import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { ConfigError, messageOf } from '../../lib/errors.js';
import type { AccountEvent } from './account-event.js';

/**
 * The account's events on the disk, one line a step: what belongs together (an order and its first
 * fills) is one line, so that a kill leaves all of it or nothing. A line is on the disk before the
 * answer is sent.
 */
export class Journal {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Every event so far. A last line without its end was never acknowledged and is cut off.
   * @throws ConfigError when a whole line cannot be read
   */
  read(): AccountEvent[] {
    if (!existsSync(this.#file)) return [];
    const text = readFileSync(this.#file, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(this.#file, Buffer.byteLength(whole));
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line, index) => this.#parse(line, index + 1));
  }

  append(events: readonly AccountEvent[]): void {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const handle = openSync(this.#file, 'a', 0o600);
    try {
      writeSync(handle, `${JSON.stringify(events)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  #parse(line: string, number: number): AccountEvent[] {
    try {
      return JSON.parse(line) as AccountEvent[];
    } catch (cause) {
      const fix = 'npm run demo:reset begins a new run with a new account';
      throw new ConfigError(`${this.#file}:${number}: ${messageOf(cause)}; ${fix}`, { cause });
    }
  }
}
