import type { Logger } from '../src/lib/logger.js';

/** A line for the person at the terminal, beside what the command prints for other programs. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Of a command that speaks through its report: only what is wrong is said as well. */
export const quietLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: note,
  error: note,
  child: () => quietLogger,
};
