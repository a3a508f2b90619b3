import { listEffective } from '../config/effective-settings.js';
import {
  findFileWarnings,
  readSettings,
  readSources,
  type SettingSources,
} from '../config/read-settings.js';
import { EXIT, loggerOptions, reportEnd } from './daemon/program.js';
import { readVersion } from './daemon/project-dir.js';
import { ConfigError } from './lib/errors.js';
import { childEnvironments } from './lib/child-environments.js';
import { exitOnDefects } from './lib/exit-on-defects.js';
import { abortOnSignals } from './lib/stop-signals.js';
import { createLogger } from './lib/winston-logger.js';

const HELP = `Evenkeel: collects candles, trains its own models, and trades: on paper, unless TRADING_MODE=live.

Usage: npm start            (or: node dist/src/main.js)
  --help       this text
  --version    the version

Settings come from the environment and from a .env file: docs/settings.md lists them.
  EXCHANGE=binance npm start      the real market, still on paper
  npm run live:check              whether an account is ready for real orders (docs/live.md)
  SYMBOLS=BTC/USDT,ETH/USDT       what to follow
  API_PORT=8420                   where the page and the API are

Exit codes: 0 stopped as asked, 1 a defect, 69 the database does not answer, or this machine does not have the
address API_HOST (trying again may help), 75 another daemon uses this DATA_DIR, 78 a setting or the set-up must be mended first.
`;

async function main(): Promise<number> {
  const [flag] = process.argv.slice(2);
  if (flag === '--help' || flag === '-h') return print(HELP);
  if (flag === '--version') return print(`${readVersion()}\n`);
  if (flag !== undefined) return refuse(`${flag} is no option of the daemon; see --help`);
  try {
    return await run(readSources());
  } catch (error) {
    if (error instanceof ConfigError) return refuse(error.message);
    throw error;
  }
}

async function run(sources: SettingSources): Promise<number> {
  const { environment } = sources;
  const { settings, warnings } = readSettings(environment);
  const logger = createLogger(loggerOptions(settings, environment));
  for (const warning of [...findFileWarnings(), ...warnings]) logger.warn(warning);
  const release = exitOnDefects('The daemon', logger, () => process.exit(EXIT.failure));
  const controller = new AbortController();
  const forget = abortOnSignals(controller, {
    logger,
    note: 'a second one ends at once',
    exitCode: EXIT.failure,
  });
  try {
    // Only now: it is most of what is loaded, and a setting that is refused needs none of it.
    const { createDaemon } = await import('./daemon.js');
    const daemon = createDaemon(settings, {
      logger,
      version: readVersion(),
      supervisor: {
        socket: environment['NOTIFY_SOCKET'],
        watchdogUsec: environment['WATCHDOG_USEC'],
      },
      childEnvironments: childEnvironments(environment),
      effectiveSettings: listEffective(settings, sources),
      logTail: logger.tail,
    });
    await daemon.run(controller.signal);
    return EXIT.fine;
  } catch (error) {
    return reportEnd(error, 'The daemon', logger);
  } finally {
    forget();
    release();
    await logger.close();
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.fine;
}

function refuse(message: string): number {
  process.stderr.write(`evenkeel: ${message}\n`);
  return EXIT.config;
}

process.exitCode = await main();
// Nothing is left to do; a handle that a library forgot must not keep the process.
process.exit();
