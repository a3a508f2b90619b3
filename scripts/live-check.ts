import { Command, CommanderError } from 'commander';
import { readExchangeKeys } from '../config/exchange-keys.js';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { checkLive, type LiveReport } from '../src/commands/live-check.js';
import { DataDirLock } from '../src/coordination/data-dir-lock.js';
import { chooseInstruments } from '../src/daemon/choose-instruments.js';
import { openMarket } from '../src/daemon/open-market.js';
import { CcxtOrderVenue } from '../src/exchange/orders/ccxt-order-venue.js';
import { SystemClock } from '../src/lib/clock.js';
import { DisposalStack } from '../src/lib/disposal.js';
import { AlreadyRunningError, ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { quietLogger } from './quiet-logger.js';

/** 69 and 78 are of `sysexits.h`. */
const EXIT = { fine: 0, failed: 1, usage: 2, unavailable: 69, config: 78 } as const;

/** A venue that is down would be waited for without end. */
const START_TIMEOUT_MS = 60_000;

const HELP = `
Looks at all that live trading needs: whether the key signs, what it may do, this machine's clock, balances, the
account's fees, the rules of each symbol, and an order that the venue checks without carrying it out, where it has
such. Sends no order. Keys come from EXCHANGE_API_KEY and EXCHANGE_API_SECRET (docs/live.md).

Exit codes: 0 ready, also with warnings, 1 something must be mended, 2 wrong usage, 69 the venue does not answer,
78 a setting must be mended first.`;

async function main(): Promise<number> {
  try {
    const flags = createCommand().parse().opts<{ json: boolean }>();
    const { settings } = readSettings(readEnvironment());
    const report = await run(settings);
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : inWords(report));
    return exitCodeOf(report);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    const isNamed = error instanceof ConfigError || error instanceof TransientError;
    const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
    process.stderr.write(`live:check: ${text}\n`);
    if (error instanceof ConfigError) return EXIT.config;
    return error instanceof TransientError ? EXIT.unavailable : EXIT.failed;
  }
}

function createCommand(): Command {
  return new Command('npm run live:check --')
    .description('Checks whether live trading could start, without an order.')
    .option('--json', 'the report as JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
}

async function run(settings: Settings): Promise<LiveReport> {
  const keys = readExchangeKeys(settings);
  const clock = new SystemClock();
  const logger = quietLogger;
  const stack = new DisposalStack(logger);
  try {
    if (settings.exchange === 'demo') stack.use('folder', lockFolder(settings.dataDir));
    const market = await openMarket(settings, { clock, logger, stack });
    const account = new CcxtOrderVenue({
      exchangeId: settings.exchange,
      baseUrl: market.baseUrl,
      keys,
      clock: market.data.clock,
    });
    stack.use('account', account);
    await market.data.start(AbortSignal.timeout(START_TIMEOUT_MS)).catch(toUnanswered);
    const { all, refused } = chooseInstruments(settings, market.data);
    await account.start();
    return await checkLive({ settings, data: market.data, account, instruments: all, refused });
  } finally {
    await stack.stop();
  }
}

/** The demo's market belongs to one process; a real venue can be asked beside a daemon. */
function lockFolder(dataDir: string): DataDirLock {
  const lock = new DataDirLock(dataDir);
  const startedAt = new Date().toISOString();
  try {
    lock.acquire({ pid: process.pid, host: 'localhost', startedAt, program: 'npm run live:check' });
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    throw new ConfigError(`${messageOf(error)}; stop it, or ask it: GET /api/account`);
  }
  return lock;
}

function toUnanswered(error: unknown): never {
  if (error instanceof ConfigError) throw error;
  throw new TransientError(`The venue does not answer: ${messageOf(error)}`, { cause: error });
}

const SIGNS = { ok: '  ok     ', warning: 'warning  ', failed: ' FAILED  ', skipped: '   –     ' };

function inWords({ exchange, findings }: LiveReport): string {
  const lines = findings.map(({ name, status, text }) => `${SIGNS[status]}${name}: ${text}`);
  const failed = findings.filter(({ status }) => status === 'failed').length;
  const end =
    failed === 0 ? `Ready to trade live at ${exchange}.` : `${failed} to mend before live trading.`;
  return `${[...lines, '', `${end} No order was sent.`].join('\n')}\n`;
}

function exitCodeOf({ findings, isUnanswered }: LiveReport): number {
  if (isUnanswered) return EXIT.unavailable;
  return findings.some(({ status }) => status === 'failed') ? EXIT.failed : EXIT.fine;
}

process.exitCode = await main();
