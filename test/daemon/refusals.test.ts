import { createServer, type AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { status as statusShape } from '../../src/api/contract/status.js';
import { mysqlLocation, mysqlSettings, mysqlSkipReason } from '../database.js';
import { DemoExchange } from '../../src/demo/demo-server.js';
import { monotonicWall } from '../../src/demo/market/market-clock.js';
import { LogKeeper } from '../demo/demo-fixture.js';
import { daemonRig, QUICK } from './daemon-child.js';

/** `EX_UNAVAILABLE`, `EX_TEMPFAIL` and `EX_CONFIG` of sysexits.h: the exit codes that the help states. */
const UNAVAILABLE = 69;
const ALREADY_RUNNING = 75;
const CONFIG = 78;

const { start, folder } = daemonRig();

const malformed = [
  ['API_PORT', 'many', 'a whole number from 0 to 65535'],
  ['DEMO_SPEED', '0', 'a number from 1 to 3600'],
  ['LOG_LEVEL', 'loud', 'one of debug, info, warn, error'],
  ['TRAIN_SPLIT', '80/30', 'three whole percentages like 70/15/15 that add up to 100'],
  ['MYSQL_ENABLED', 'perhaps', 'true or false'],
] as const;

test.each(malformed)('%s=%s stops the start and says what is expected', async (...given) => {
  const [name, value, expected] = given;
  const daemon = start({ environment: { DATA_DIR: folder(), [name]: value } });
  expect(await daemon.ended).toEqual({ code: CONFIG, signal: null });
  expect(daemon.stderr).toContain(`${name} is "${value}"; expected ${expected}`);
});

test('every malformed setting is named, not just the first', async () => {
  const daemon = start({ environment: { DATA_DIR: folder(), API_PORT: '-1', FEE_RATE: 'x' } });
  expect((await daemon.ended).code).toBe(CONFIG);
  expect(daemon.stderr).toMatch(/FEE_RATE is "x"/);
  expect(daemon.stderr).toMatch(/API_PORT is "-1"/);
});

test('a .env file is read, and the environment wins over it', async () => {
  const cwd = folder();
  writeFileSync(path.join(cwd, '.env'), 'API_PORT=nowhere\nLOG_LEVEL=loud\n');
  const daemon = start({ cwd, environment: { DATA_DIR: folder(), LOG_LEVEL: 'info' } });
  expect((await daemon.ended).code).toBe(CONFIG);
  expect(daemon.stderr).toContain('API_PORT is "nowhere"');
  expect(daemon.stderr).not.toContain('LOG_LEVEL');
});

test('a misspelt setting is a warning with the nearest name', async () => {
  const daemon = start({ environment: { ...QUICK, DATA_DIR: folder(), SYMBOL: 'BTC/USDT' } });
  await daemon.line(/SYMBOL is not a setting; did you mean SYMBOLS\?/);
  await daemon.address();
});

const refusals = [
  [{ TRADING_MODE: 'live' }, /CONFIRM_LIVE is missing; .*set CONFIRM_LIVE=demo/],
  [
    { TRADING_MODE: 'live', CONFIRM_LIVE: 'demo', EXCHANGE_API_KEY: 'k'.repeat(16) },
    /EXCHANGE_API_SECRET missing; .*npm run demo:account/,
  ],
  [{ TRADING_MODE: 'live', EXCHANGE: 'hitbtc' }, /EXCHANGE=hitbtc cannot be traded live/],
  [{ MODELS_DIR: '/dev/null/models' }, /MODELS_DIR \/dev\/null\/models cannot be written/],
  [{ EXCHANGE: 'binanse' }, /EXCHANGE=binanse is not an exchange .* did you mean binance/],
  [{ BOTS: 'oracle' }, /BOTS names "oracle"; expected catboost/],
  [
    { SYMBOLS: 'NOPE/USDT,VOID/USDT' },
    /SYMBOLS: NOPE\/USDT is not .*VOID\/USDT.* 120 spot markets, such as/,
  ],
  [{ PRIMARY_SYMBOL: 'BTC/USDX' }, /PRIMARY_SYMBOL: BTC\/USDX is not .* did you mean BTC\/USDT/],
  [{ TIMEFRAMES: '7h' }, /TIMEFRAMES names "7h"; demo:\S+ has 1m, .*1h.*1d/],
  [{ API_HOST: '0.0.0.0' }, /API_HOST is "0.0.0.0".*set API_TOKEN/],
  [{ API_HOST: 'no-such-host.invalid', API_TOKEN: 'x'.repeat(16) }, /API_HOST.*unknown/],
  [{ EXCHANGE: 'binance', EXCHANGE_BASE_URL: 'ftp://x' }, /EXCHANGE_BASE_URL/],
  [{ DEMO_DATA: '/nonexistent' }, /DEMO_DATA.*\/nonexistent|\/nonexistent.*DEMO_DATA/],
  [{ DEMO_START: '1999-01-01' }, /DEMO_START: \S+ is not between/],
] as const;

/** A Python that says it has these libraries. */
function pythonWith(versions: Readonly<Record<string, string>>): string {
  const python = path.join(folder(), 'python');
  const answer = JSON.stringify({ python: '3.11.2', catboost: '1.2.10', ...versions });
  writeFileSync(python, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  return python;
}

test.each([
  [{}, 'PyTorch is not installed'],
  [{ torch: '2.1.3' }, 'PyTorch 2.1.3 is installed, 2.13 is needed'],
])(
  'a deep bot is refused with the command that installs its library: %o',
  async (versions, why) => {
    const PYTHON = pythonWith(versions);
    const environment = { ...QUICK, DATA_DIR: folder(), BOTS: 'catboost,lstm_bot', PYTHON };
    const daemon = start({ environment });
    expect(await daemon.ended).toEqual({ code: CONFIG, signal: null });
    expect(daemon.output).toContain(
      `BOTS names lstm, which cannot train: ${why}. Run: npm run setup -- --with torch`,
    );
  },
);

test.each(refusals)('%o is refused in words', async (environment, words) => {
  const daemon = start({ environment: { ...QUICK, DATA_DIR: folder(), ...environment } });
  expect(await daemon.ended).toEqual({ code: CONFIG, signal: null });
  expect(daemon.output).toMatch(words);
  expect(daemon.output).not.toMatch(/\n\s+at /);
});

test('an unknown option is refused and --help says what there is', async () => {
  const refused = start({ parameters: ['--port=1'] });
  expect((await refused.ended).code).toBe(CONFIG);
  expect(refused.stderr).toContain('--port=1 is no option');
  const help = start({ parameters: ['--help'] });
  expect((await help.ended).code).toBe(0);
  expect(help.stdout).toMatch(/Exit codes:.*75 another.* 78 /s);
});

test('one unknown symbol among several is left out and named, and the others go on', async () => {
  const SYMBOLS = 'NOPE/USDT,ETH/USDT';
  const daemon = start({ environment: { ...QUICK, SYMBOLS, DATA_DIR: folder() } });
  await daemon.line(/ETH\/USDT 1h is up to date/);
  const readStatus = () => daemon.get('/api/status', statusShape);
  // Warnings are those of health, which is up to a second old.
  const readWarnings = async (): Promise<string> => (await readStatus()).warnings.join();
  await expect.poll(readWarnings, { timeout: 10_000 }).toContain('NOPE/USDT is not a spot market');
  const { symbols } = await readStatus();
  expect(symbols.map((symbol) => symbol.unified_symbol)).toEqual(['ETH/USDT']);
});

test('a port that is taken is named with the fix', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
  const API_PORT = String((other.address() as AddressInfo).port);
  const daemon = start({ environment: { ...QUICK, API_PORT, DATA_DIR: folder() } });
  const { code } = await daemon.ended;
  await new Promise((resolve) => other.close(resolve));
  expect(code).toBe(CONFIG);
  expect(daemon.output).toMatch(new RegExp(`API_PORT ${API_PORT}.*taken.*set another API_PORT`));
});

test('a second daemon on one data folder names the first and ends', async () => {
  const DATA_DIR = folder();
  const first = start({ environment: { ...QUICK, DATA_DIR } });
  await first.address();
  const second = start({ environment: { ...QUICK, DATA_DIR } });
  expect(await second.ended).toEqual({ code: ALREADY_RUNNING, signal: null });
  expect(second.output).toContain(`process ${first.pid} `);
  expect((await first.fetch('/api/status')).status).toBe(200);
});

test.each(['/sys/evenkeel', '/dev/null/evenkeel'])(
  'a data folder that cannot be written is refused: %s',
  async (DATA_DIR) => {
    const daemon = start({ environment: { ...QUICK, DATA_DIR } });
    expect((await daemon.ended).code).toBe(CONFIG);
    expect(daemon.output).toMatch(
      new RegExp(`DATA_DIR ${DATA_DIR} cannot be written.*set another`),
    );
    expect(daemon.output).not.toMatch(/\n\s+at /);
  },
);

test('a damaged database is refused by name and left as it is', async () => {
  const DATA_DIR = folder();
  const file = path.join(DATA_DIR, 'evenkeel.sqlite');
  writeFileSync(file, 'these are the books'.repeat(1000));
  const daemon = start({ environment: { ...QUICK, DATA_DIR } });
  expect((await daemon.ended).code).toBe(CONFIG);
  expect(daemon.output).toContain(file);
  expect(daemon.output).not.toMatch(/\n\s+at /);
});

test('a database server that is away is refused without its password', async () => {
  const environment = {
    ...{ MYSQL_ENABLED: 'true', MYSQL_HOST: '127.0.0.1', MYSQL_PORT: '1', MYSQL_USER: 'u' },
    AUTO_FALLBACK_DB: 'false',
    ...{ MYSQL_PASSWORD: 'canary-password', MYSQL_DB: 'd' },
  };
  const daemon = start({ environment: { ...QUICK, ...environment, DATA_DIR: folder() } });
  expect((await daemon.ended).code).toBe(UNAVAILABLE);
  expect(daemon.output).toMatch(/127\.0\.0\.1:1/);
  expect(daemon.output).not.toContain('canary');
});

test.skipIf(mysqlSkipReason !== undefined)(
  `a password that the server refuses is not repeated (${mysqlSkipReason ?? 'on MySQL'})`,
  async () => {
    const stranger = { ...mysqlLocation(), user: 'nobody_here', password: 'canary-password' };
    const environment = {
      ...{ MYSQL_ENABLED: 'true', AUTO_FALLBACK_DB: 'false' },
      ...mysqlSettings(stranger),
    };
    const daemon = start({ environment: { ...QUICK, ...environment, DATA_DIR: folder() } });
    expect((await daemon.ended).code).toBe(CONFIG);
    expect(daemon.output).toContain('MYSQL_USER');
    expect(daemon.output).not.toContain('canary');
  },
);

test('the venue is asked once: a demo in this process serves it', async () => {
  const demo = new DemoExchange({
    ...{ dataDir: folder(), speed: 1, wall: monotonicWall, logger: new LogKeeper() },
  });
  const { baseUrl } = await demo.start();
  try {
    const environment = { ...QUICK, EXCHANGE: 'binance', EXCHANGE_BASE_URL: baseUrl };
    const refused = start({
      environment: { ...environment, TIMEFRAMES: '1M', DATA_DIR: folder() },
    });
    expect((await refused.ended).code).toBe(CONFIG);
    expect(refused.output).toMatch(/TIMEFRAMES names "1M"; binance@127\.0\.0\.1:\d+ has/);
  } finally {
    await demo.stop();
  }
});

test('an address that a network may bring later ends with the code that is tried again', async () => {
  // Of a range for documents: no machine has it.
  const environment = { API_HOST: '203.0.113.1', API_TOKEN: 'x'.repeat(16) };
  const daemon = start({ environment: { ...QUICK, ...environment, DATA_DIR: folder() } });
  expect((await daemon.ended).code).toBe(69);
  expect(daemon.output).toMatch(/API_HOST 203\.0\.113\.1: this machine has no such address/);
});
