import { CommanderError, type Command } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';

const EXIT = { done: 0, failed: 1, refused: 2 } as const;

/** Parses the flags, does the work and answers with the process's exit code. */
export async function runBackupCommand(
  name: string,
  program: Command,
  work: (settings: Settings) => Promise<string>,
): Promise<number> {
  let settings: Settings;
  try {
    program.exitOverride().parse(process.argv);
    settings = readSettings(readEnvironment()).settings;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.refused;
    return fail(name, error, EXIT.refused);
  }
  try {
    process.stdout.write(`${await work(settings)}\n`);
    return EXIT.done;
  } catch (error) {
    return fail(name, error, EXIT.failed);
  }
}

function fail(name: string, error: unknown, code: number): number {
  const isNamed = error instanceof ConfigError || error instanceof TransientError;
  const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
  process.stderr.write(`${name}: ${text}\n`);
  return code;
}
