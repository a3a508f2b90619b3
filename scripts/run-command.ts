import { CommanderError } from 'commander';
import {
  findFileWarnings,
  readEnvironment,
  readSettings,
  type Environment,
} from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { readVersion } from '../src/daemon/project-dir.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../src/lib/errors.js';
import type { Logger } from '../src/lib/logger.js';
import { abortOnSignals } from '../src/lib/stop-signals.js';
import {
  createOutput,
  outputOptions,
  type CommandFormat,
  type CommandOutput,
} from './command-output.js';

/** What a command that follows a daemon ends with; 78 is of `sysexits.h`. */
export const EXIT = { fine: 0, failed: 1, usageOrConnection: 2, config: 78 } as const;

export interface CommandTools<Progress> {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly version: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

interface CommandFlags {
  readonly json: boolean;
}

interface CommandEnd {
  readonly left: readonly string[];
}

/** A command that follows a daemon, its own or another one. */
export interface FollowingCommand<Flags extends CommandFlags, Progress, End extends CommandEnd> {
  readonly name: string;
  /** What stays when it is stopped: `what is stored`. */
  readonly kept: string;
  /** Introduces what was asked for and is not done: `Not collected`. */
  readonly leftLabel: string;
  /** @throws CommanderError */
  readonly parse: (args: readonly string[]) => Flags;
  /** The settings with what the flags say. */
  readonly apply: (settings: Settings, flags: Flags) => Settings;
  readonly format: () => CommandFormat<Progress, End>;
  readonly run: (flags: Flags, tools: CommandTools<Progress>) => Promise<End>;
  readonly toExitCode: (end: End) => number;
}

/** Runs it to its end. @returns the exit code */
export async function runCommand<Flags extends CommandFlags, Progress, End extends CommandEnd>(
  command: FollowingCommand<Flags, Progress, End>,
): Promise<number> {
  let output: CommandOutput<Progress, End> | undefined;
  try {
    const flags = command.parse(process.argv.slice(2));
    const environment = readEnvironment();
    const { settings, warnings } = readSettings(environment);
    output = createOutput(command.format(), { ...outputOptions(settings), isJson: flags.json });
    for (const warning of [...findFileWarnings(), ...warnings]) output.logger.warn(warning);
    const end = await runUntilSignal(command, flags, { settings, environment, output });
    for (const reason of end.left) output.logger.error(`${command.leftLabel}: ${reason}`);
    output.end(end);
    return command.toExitCode(end);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.fine : EXIT.usageOrConnection;
    }
    return report(command.name, error, output?.logger);
  } finally {
    output?.stop();
  }
}

interface Running<Progress, End> {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly output: CommandOutput<Progress, End>;
}

async function runUntilSignal<Flags extends CommandFlags, Progress, End extends CommandEnd>(
  { kept, apply, run }: FollowingCommand<Flags, Progress, End>,
  flags: Flags,
  { settings, environment, output }: Running<Progress, End>,
): Promise<End> {
  const { logger } = output;
  const controller = new AbortController();
  const note = `${kept} stays`;
  const forget = abortOnSignals(controller, { logger, note, exitCode: EXIT.failed });
  try {
    return await run(flags, {
      settings: apply(settings, flags),
      environment,
      version: readVersion(),
      logger,
      signal: controller.signal,
      onProgress: (progress) => output.show(progress),
    });
  } finally {
    forget();
  }
}

function report(name: string, error: unknown, logger: Logger | undefined): number {
  const isRefused = error instanceof TransientError || error instanceof RejectedError;
  const isNamed = error instanceof ConfigError || isRefused;
  const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
  if (logger === undefined) process.stderr.write(`${name}: ${text}\n`);
  else logger.error(text);
  if (error instanceof ConfigError) return EXIT.config;
  return isRefused ? EXIT.usageOrConnection : EXIT.failed;
}
