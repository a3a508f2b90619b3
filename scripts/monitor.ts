import { Command, CommanderError } from 'commander';
import { listSecrets } from '../config/effective-settings.js';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { ConfigError, messageOf } from '../src/lib/errors.js';
import { redact } from '../src/lib/redact.js';
import { SystemClock } from '../src/lib/clock.js';
import { takeSnapshot, type Snapshot } from './monitor-snapshot.js';
import { viewText } from './monitor-view.js';

/** What the process ends with: as monitoring programs know it, and 78 of `sysexits.h`. */
const EXIT = { ok: 0, degraded: 1, failing: 2, unknown: 3, config: 78 } as const;

const WATCH_EVERY_MS = 2000;
/** Cursor to the upper left, and everything below it gone. */
const CLEAR = '\u001b[H\u001b[J';

interface MonitorFlags {
  readonly watch: boolean;
  readonly json: boolean;
}

const HELP = `
Asks the daemon at API_HOST and API_PORT, and reads this machine and the log below DATA_DIR.
Colours only on a terminal. With --watch it repeats every two seconds until Ctrl+C.

Exit codes, with --watch of the last snapshot: 0 ok, 1 degraded (works, and something is worth knowing),
2 failing, 3 no daemon answers or wrong usage, 78 a setting must be mended first.`;

async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2));
    const { settings } = readSettings(readEnvironment());
    return await run(flags, settings);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.unknown;
    process.stderr.write(`monitor: ${messageOf(error)}\n`);
    return error instanceof ConfigError ? EXIT.config : EXIT.unknown;
  }
}

function parseFlags(args: readonly string[]): MonitorFlags {
  return new Command('npm run monitor --')
    .description('Shows what a running daemon does, and how it is.')
    .option('--watch', 'repeat every two seconds', false)
    .option('--json', 'one line of JSON a snapshot', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<MonitorFlags>();
}

async function run(flags: MonitorFlags, settings: Settings): Promise<number> {
  const clock = new SystemClock();
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => ended.abort());
  }
  const isOver = (): boolean => ended.signal.aborted || !flags.watch;
  for (;;) {
    const snapshot = await takeSnapshot(settings, clock);
    show(snapshot, flags, settings);
    if (!isOver()) await clock.sleep(WATCH_EVERY_MS, ended.signal).catch(() => undefined);
    if (isOver()) return EXIT[snapshot.level];
  }
}

function show(snapshot: Snapshot, { json, watch }: MonitorFlags, settings: Settings): void {
  // What the log repeats must not carry secrets out of it.
  const shown = redact(snapshot, { secrets: listSecrets(settings) }) as Snapshot;
  if (json) {
    process.stdout.write(`${JSON.stringify(shown)}\n`);
    return;
  }
  const { isTTY } = process.stdout;
  if (watch && isTTY) process.stdout.write(CLEAR);
  process.stdout.write(viewText(shown, { hasColors: isTTY }));
}

process.exitCode = await main();
// Nothing is left to do; a connection that is kept open must not keep the process.
process.exit();
