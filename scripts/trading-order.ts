import { userInfo } from 'node:os';
import { CommanderError, type Command } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import { orderTrading, type OrderEnd, type TradingOrder } from '../src/commands/halt.js';
import { SystemClock } from '../src/lib/clock.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../src/lib/errors.js';
import { quietLogger } from './quiet-logger.js';

const EXIT = { done: 0, unsold: 1, notDone: 2, config: 78 } as const;

/** Runs an order to trading and says who carried it out. @returns the exit code */
export async function runTradingOrder(
  name: 'halt' | 'resume',
  program: Command,
  toOrder: () => TradingOrder,
): Promise<number> {
  try {
    program.exitOverride().allowExcessArguments(false).parse(process.argv);
    const { settings } = readSettings(readEnvironment());
    const end = await orderTrading(toOrder(), {
      settings,
      author: `npm run ${name} (${userInfo().username})`.slice(0, 64),
      clock: new SystemClock(),
      logger: quietLogger,
      signal: new AbortController().signal,
    });
    const isJson = program.opts<{ json?: boolean }>().json === true;
    process.stdout.write(`${isJson ? JSON.stringify(end) : inWords(name, end)}\n`);
    return end.unsold.length > 0 ? EXIT.unsold : EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.notDone;
    return report(name, error);
  }
}

function inWords(name: 'halt' | 'resume', { by, books, halt, unsold }: OrderEnd): string {
  const did = name === 'halt' ? 'Trading is halted' : 'Trading is resumed';
  const where =
    by === 'daemon'
      ? 'by the running daemon'
      : `in the database (${books.join(', ')}): a daemon heeds it within a second, or at its start`;
  const lines = [`${did}, ${where}.`];
  if (name === 'resume' && halt !== undefined) lines.push(`Entries are still frozen: ${halt}`);
  if (unsold.length > 0) lines.push('Not sold yet:', ...unsold.map((one) => `  ${one}`));
  return lines.join('\n');
}

function report(name: string, error: unknown): number {
  const isNamed = [ConfigError, TransientError, RejectedError].some((one) => error instanceof one);
  const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
  process.stderr.write(`${name}: ${text}\n`);
  return error instanceof ConfigError ? EXIT.config : EXIT.notDone;
}
