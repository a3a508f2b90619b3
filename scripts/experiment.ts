import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { experiment } from '../src/commands/experiment.js';
import type { ExperimentEnd } from '../src/commands/experiment-options.js';
import { childEnvironments } from '../src/lib/child-environments.js';
import { SystemClock } from '../src/lib/clock.js';
import { messageOf, RejectedError } from '../src/lib/errors.js';
import { EXPERIMENT_FORMAT } from './experiment-output.js';
import { experimentHtml } from './experiment-html.js';
import { EXIT, runCommand } from './run-command.js';

/** What a shell gives for Ctrl+C. */
const EXIT_STOPPED = 130;

interface ExperimentFlags {
  readonly file?: string;
  readonly id?: string;
  readonly report?: string;
  readonly json: boolean;
}

const HELP = `
The file holds JSON as POST /api/experiments takes it:

  {"name": "is the calendar worth it", "symbols": ["BTC/USDT", "ETH/USDT"], "timeframes": ["1h"],
   "bot": "catboost", "seeds": 3,
   "variants": [{"name": "as it is", "settings": {}},
                {"name": "without calendar", "settings": {"FEATURE_GROUPS": "-calendar"}}]}

The first variant is the control: every other one is compared with it on the same candles. Nothing that is
trained serves. Where a daemon runs with the same data it does the work, in its own queue; otherwise it is
done here, on the candles that are stored.

Ctrl+C ends it gracefully, and what is scored stays. What is not scored yet is cancelled where a daemon does
the work, and otherwise goes on with the next start, or with --id. A daemon goes on with the work when this
command ends otherwise. docs/experiments.md says how differences are judged.

Exit codes: 0 all scored, 1 some jobs failed or a defect, 2 wrong usage, a refused experiment or no
connection, 78 a setting must be mended first, 130 stopped before the end.`;

function parseFlags(args: readonly string[]): ExperimentFlags {
  const program = new Command('npm run experiment --')
    .description('Compares variants of training on the same candles.')
    .option('--file <file>', 'JSON that says what to compare')
    .option('--id <id>', 'an experiment that there is: it is followed to its end')
    .option('--report <file>', 'writes the result as one HTML page with a plot')
    .option('--json', 'progress, log and result as lines of JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  const flags = program.parse(args, { from: 'user' }).opts<ExperimentFlags>();
  if ((flags.file === undefined) === (flags.id === undefined)) {
    program.error('give --file to begin an experiment, or --id to follow one');
  }
  return flags;
}

/** @throws RejectedError for a file that cannot be read or is no JSON object */
function readBody(file: string): object {
  try {
    const body: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  } catch (error) {
    throw new RejectedError(`--file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  throw new RejectedError(`--file ${file} is no JSON object; --help shows one`);
}

function toExitCode({ status, experiment: seen, left }: ExperimentEnd): number {
  if (status === 'stopped') return EXIT_STOPPED;
  return left.length > 0 || seen?.status !== 'completed' ? EXIT.failed : EXIT.fine;
}

process.exitCode = await runCommand({
  name: 'experiment',
  kept: 'what is scored',
  leftLabel: 'Not compared',
  parse: parseFlags,
  // A command does what it was asked for and nothing by itself.
  apply: (settings) => ({ ...settings, fullRetrainEnabled: false, incrementalEnabled: false }),
  format: () => EXPERIMENT_FORMAT,
  run: async ({ file, id = '', report }, { environment, ...tools }) => {
    const end = await experiment({
      ...tools,
      asked: file === undefined ? { id } : { body: readBody(file) },
      clock: new SystemClock(),
      childEnvironments: childEnvironments(environment),
    });
    if (report !== undefined && end.experiment !== undefined) {
      writeFileSync(report, experimentHtml(end.experiment));
    }
    return end;
  },
  toExitCode,
});
// Nothing is left to do; a handle that a library forgot must not keep the process.
process.exit();
