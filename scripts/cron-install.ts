import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { withoutBlock, withBlock } from './cron-block.js';

/** What the process ends with. */
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const HELP = `
For machines without systemd: the user's crontab starts the daemon after a boot, looks every ten minutes
whether it runs, and makes a backup each night. Our lines stand between two markers; everything else in
the crontab stays as it is. Repeating the command changes nothing. Training follows the daemon's own
schedules (FULL_RETRAIN_SCHEDULE, INCREMENTAL_SCHEDULE) and needs no line.

Exit codes: 0 done, 1 the crontab cannot be read or written, 2 wrong usage.`;

interface Flags {
  readonly dryRun: boolean;
  readonly remove: boolean;
}

function main(): number {
  try {
    const flags = parseFlags(process.argv.slice(2));
    const before = readCrontab();
    const after = flags.remove ? withoutBlock(before) : withBlock(before, lines());
    if (flags.dryRun) return print(after);
    if (after === before) return print('The crontab is as it should be already\n');
    writeCrontab(after);
    return print(flags.remove ? 'Removed from the crontab\n' : `Added to the crontab:\n${lines()}`);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    process.stderr.write(`cron:install: ${error instanceof Error ? error.message : ''}\n`);
    return EXIT.failed;
  }
}

function parseFlags(args: readonly string[]): Flags {
  return new Command('npm run cron:install --')
    .description("Keeps the daemon running by the user's crontab.")
    .option('--dry-run', 'print the crontab that would be, change nothing', false)
    .option('--remove', 'take our lines out again', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Flags>();
}

/** A daemon that runs already keeps a second one out by its lock (exit code 75). */
function lines(): string {
  const folder = quoted(path.resolve(ROOT));
  const node = quoted(path.dirname(process.execPath));
  const run = (command: string): string => `cd ${folder} && PATH=${node}:"$PATH" ${command}`;
  const start = run('npm start >/dev/null 2>&1');
  const backup = run('npm run backup >/dev/null 2>&1');
  return [`@reboot ${start}`, `*/10 * * * * ${start}`, `17 3 * * * ${backup}`, ''].join('\n');
}

/** For the shell; cron itself takes a percent sign for the end of the line. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''").replaceAll('%', '\\%')}'`;
}

function readCrontab(): string {
  const { status, stdout, stderr, error } = spawnSync('crontab', ['-l'], { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`there is no crontab program: ${error.message}`);
  if (status === 0) return stdout;
  // A user without one is answered by an error.
  if (/no crontab/i.test(stderr)) return '';
  throw new Error(`crontab -l failed: ${stderr.trim()}`);
}

function writeCrontab(text: string): void {
  const { status, stderr } = spawnSync('crontab', ['-'], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(`crontab - failed: ${stderr.trim()}`);
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.done;
}

process.exitCode = main();
