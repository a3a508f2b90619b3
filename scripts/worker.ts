import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { findFileWarnings, readEnvironment, readSettings } from '../config/read-settings.js';
import { readVersion } from '../src/daemon/project-dir.js';
import { runWorker } from '../src/commands/worker.js';
import { EXIT, loggerOptions, reportEnd } from '../src/daemon/program.js';
import { PRIORITIES, type Priority, type TrainingJob } from '../src/domain/training-job.js';
import { childEnvironments } from '../src/lib/child-environments.js';
import { SystemClock } from '../src/lib/clock.js';
import { exitOnDefects } from '../src/lib/exit-on-defects.js';
import type { Logger } from '../src/lib/logger.js';
import { abortOnSignals } from '../src/lib/stop-signals.js';
import { createLogger, type ClosableLogger } from '../src/lib/winston-logger.js';
import { note, quietLogger } from './quiet-logger.js';

/** Settings that cannot be read do not say where the log is. */
const BEFORE_THE_LOG: Logger = {
  ...quietLogger,
  error: (message) => note(`worker: ${message}`),
};
const USUAL: readonly Priority[] = ['training-high', 'training-normal', 'training-low', 'default'];
const MAX_CONCURRENCY = 256;

interface WorkerFlags {
  readonly queues: readonly Priority[];
  readonly concurrency?: number;
  readonly venue?: string;
}

const HELP = `
A worker trains for a daemon with QUEUE=redis, on this machine or another one. It needs the settings of the
database and of Redis as the daemon has them, a DATA_DIR of its own, and the daemon's artifact store
(ARTIFACTS) or its models' folder as MODELS_DIR. How models are trained is told by the daemon. Ctrl+C gives the jobs under way back.
docs/scaling.md has more.

Exit codes: 0 stopped as asked, 1 a defect, 2 wrong usage, 69 the database or the artifact store does not
answer (trying again may help), 75 another process uses this DATA_DIR, 78 a setting or the set-up must be mended first.`;

function parseFlags(args: readonly string[]): WorkerFlags {
  return new Command('npm run worker --')
    .description('Works off the training queue of a daemon with QUEUE=redis.')
    .option('--queues <names>', 'which jobs it takes, in this order', readQueues, USUAL)
    .option('--concurrency <n>', 'jobs at a time; default: one more than trainers', readCount)
    .option('--venue <name>', 'needed where daemons of several venues use the database')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<WorkerFlags>();
}

function readQueues(text: string): readonly Priority[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const known = names.filter((name): name is Priority => PRIORITIES.some((one) => one === name));
  if (known.length === names.length) return known;
  throw new InvalidArgumentError(`expected some of ${USUAL.join(',')}`);
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_CONCURRENCY) return count;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_CONCURRENCY}`);
}

async function main(): Promise<number> {
  let logger: ClosableLogger | undefined;
  const controller = new AbortController();
  try {
    const flags = parseFlags(process.argv.slice(2));
    const environment = readEnvironment();
    const { settings, warnings } = readSettings(environment);
    logger = createLogger(loggerOptions(settings, environment));
    for (const warning of [...findFileWarnings(), ...warnings]) logger.warn(warning);
    const release = exitOnDefects('The worker', logger, () => process.exit(EXIT.failure));
    const forget = abortOnSignals(controller, {
      logger,
      note: 'jobs under way are given back',
      exitCode: EXIT.failure,
    });
    await runWorker({
      settings,
      logger,
      version: readVersion(),
      clock: new SystemClock(),
      childEnvironments: childEnvironments(environment),
      queues: flags.queues,
      concurrency: flags.concurrency,
      venue: flags.venue,
      signal: controller.signal,
      onReady: ({ queues }) =>
        say(`Processing queues in order: [${queues.map(quoted).join(', ')}]`),
      onJob: (job, outcome) => say(`${describe(job)}: ${outcome}`),
    });
    forget();
    release();
    return EXIT.fine;
  } catch (error) {
    return report(error, logger);
  } finally {
    await logger?.close();
  }
}

function report(error: unknown, logger: ClosableLogger | undefined): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  return reportEnd(error, 'The worker', logger ?? BEFORE_THE_LOG);
}

function describe({ uid, symbol, timeframe, bot, mode, priority }: TrainingJob): string {
  return `${uid} ${symbol} ${timeframe} ${bot} ${mode} ${priority}`;
}

function quoted(name: string): string {
  return `'${name}'`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
// Nothing is left to do; a handle that a library forgot must not keep the process.
process.exit();
