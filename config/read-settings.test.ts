import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FEATURE_GROUPS } from '../src/domain/feature-groups.js';
import { ConfigError } from '../src/lib/errors.js';
import { readEnvironment, readSettings } from './read-settings.js';
import { SETTINGS } from './settings.js';

function problemOf(environment: Record<string, string>): string {
  try {
    readSettings(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

const GROUPS_EXPECTED =
  'all, or groups to take like price,trend, or groups to leave out like -calendar, of price, volume, volatility, ' +
  'trend, momentum, shape, distribution, calendar, lags, higher, reference';

describe('readSettings', () => {
  it('runs on nothing: the demo, on paper, on loopback', () => {
    const { settings, warnings } = readSettings({});
    expect(settings).toMatchObject({
      exchange: 'demo',
      tradingMode: 'paper',
      apiHost: '127.0.0.1',
      apiPort: 8420,
      symbols: ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'],
      allowFallbackExecution: false,
      trainSplit: [70, 15, 15],
    });
    expect(warnings).toEqual([]);
  });

  it('warns of a name that is a setting but for its case', () => {
    const { settings, warnings } = readSettings({ exchange: 'kraken', Api_Port: '1' });
    expect(settings).toMatchObject({ exchange: 'demo', apiPort: 8420 });
    expect(warnings).toEqual([
      'exchange is not a setting and has no effect; names are in capitals: EXCHANGE',
      'Api_Port is not a setting and has no effect; names are in capitals: API_PORT',
    ]);
  });

  it('reads every kind of value', () => {
    const { settings } = readSettings({
      SYMBOLS: ' BTC/USDT, SOL/USDT ,BTC/USDT',
      DEMO_START: '2024-05-01',
      STOP_LOSS_PCT: '2.5',
      ALLOW_FALLBACK_EXECUTION: 'Yes',
      MAX_HOLD_BARS: 'AUTO',
      EMBARGO_BARS: '7',
      TRAIN_SPLIT: '60/20/20',
      EXCHANGE_BASE_URL: 'http://127.0.0.1:9000/',
      LOG_LEVEL: 'DEBUG',
      DISPLAY_TIMEZONE: 'Europe/Rome',
    });
    expect(settings).toMatchObject({
      symbols: ['BTC/USDT', 'SOL/USDT'],
      demoStart: Date.UTC(2024, 4, 1),
      stopLossPct: 2.5,
      allowFallbackExecution: true,
      maxHoldBars: 'auto',
      embargoBars: 7,
      trainSplit: [60, 20, 20],
      exchangeBaseUrl: 'http://127.0.0.1:9000',
      logLevel: 'debug',
      displayTimezone: 'Europe/Rome',
    });
  });

  it.each([
    ['API_PORT', '84x20', 'a whole number from 0 to 65535'],
    ['API_PORT', '70000', 'a whole number from 0 to 65535'],
    ['ANALYSIS_INTERVAL_SEC', '1e3', 'a number from 1 to 3600'],
    ['ANALYSIS_INTERVAL_SEC', 'NaN', 'a number from 1 to 3600'],
    ['ALLOW_FALLBACK_EXECUTION', 'maybe', 'true or false'],
    ['TRADING_MODE', 'yolo', 'one of paper, live'],
    ['SYMBOLS', ' , ', 'values separated by commas'],
    ['HISTORY_DAYS', '0', 'auto, or a whole number from 1 to 5000'],
    ['MAX_HOLD_BARS', '1.5', 'auto, or a whole number from 0 to 100000'],
    ['TRAIN_SPLIT', '70/15/16', 'three whole percentages like 70/15/15 that add up to 100'],
    ['FEATURE_GROUPS', '-calender', GROUPS_EXPECTED],
    ['FEATURE_GROUPS', 'price,-trend', GROUPS_EXPECTED],
    ['DEMO_START', 'yesterday', 'an instant in ISO 8601 or epoch milliseconds'],
    // Neither a day of March nor one of January 1970.
    ['DEMO_START', '2025-02-30', 'an instant in ISO 8601 or epoch milliseconds'],
    ['DEMO_START', '2025-02-29T10:00Z', 'an instant in ISO 8601 or epoch milliseconds'],
    ['DEMO_START', '99999999999999999', 'an instant in ISO 8601 or epoch milliseconds'],
    ['DEMO_START', '1735689600', 'an instant in ISO 8601 or epoch milliseconds'],
    ['EXCHANGE_BASE_URL', 'ftp://x', 'an http or https address'],
    ['DISPLAY_TIMEZONE', 'Mars/Olympus', 'an IANA time zone like Europe/Rome'],
  ])('refuses %s=%s and says what is expected', (name, value, expected) => {
    expect(problemOf({ [name]: value })).toBe(`${name} is "${value.trim()}"; expected ${expected}`);
  });

  it('takes groups of features by name, or all but some', () => {
    const groupsOf = (text: string) =>
      readSettings({ FEATURE_GROUPS: text }).settings.featureGroups;
    expect(groupsOf('trend, price')).toEqual(['price', 'trend']);
    expect(groupsOf('-calendar, -lags')).toEqual(
      FEATURE_GROUPS.filter((group) => group !== 'calendar' && group !== 'lags'),
    );
    expect(groupsOf('all')).toEqual(FEATURE_GROUPS);
    const none = FEATURE_GROUPS.map((group) => `-${group}`).join(',');
    expect(problemOf({ FEATURE_GROUPS: none })).toContain('FEATURE_GROUPS');
  });

  it('names every bad value at once', () => {
    const message = problemOf({ API_PORT: 'x', LOG_LEVEL: 'loud' });
    expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'API_PORT',
      'LOG_LEVEL',
    ]);
  });

  it('never shows a secret that is wrong', () => {
    expect(problemOf({ API_TOKEN: 'short-canary' })).not.toContain('canary');
  });

  it('lists what MySQL still needs, and takes an empty password as given', () => {
    expect(problemOf({ MYSQL_ENABLED: 'true', MYSQL_PASSWORD: '' })).toContain(
      'MYSQL_HOST, MYSQL_USER, MYSQL_DB;',
    );
    const { settings } = readSettings({
      MYSQL_ENABLED: 'true',
      MYSQL_HOST: 'db',
      MYSQL_USER: 'me',
      MYSQL_PASSWORD: '',
      MYSQL_DB: 'evenkeel',
    });
    expect(settings.mysqlPassword).toBe('');
  });

  it('refuses to listen where others can reach it without a token', () => {
    expect(problemOf({ API_HOST: '0.0.0.0' })).toContain('set API_TOKEN');
    expect(readSettings({ API_HOST: '0.0.0.0', API_TOKEN: 'x'.repeat(16) }).settings.apiHost).toBe(
      '0.0.0.0',
    );
  });

  it.each([
    [{ TRADE_TIMEFRAME: '4h' }, 'TRADE_TIMEFRAME'],
    [{ TRADE_BOT: 'other' }, 'TRADE_BOT'],
    [{ TRAIN_EPOCHS: '0' }, 'TRAIN_EPOCHS'],
    [{ INCREMENTAL_EPOCHS: '0' }, 'INCREMENTAL_EPOCHS'],
    [{ TRAIN_DEVICE: 'gpu' }, 'TRAIN_DEVICE'],
    [{ BOTS: 'lstm', TRAIN_MEMORY_MB: '300' }, 'TRAIN_MEMORY_MB'],
    [{ CATBOOST_BOOTSTRAP_TYPE: 'Bayesian', CATBOOST_SUBSAMPLE: '0.7' }, 'CATBOOST_SUBSAMPLE'],
    [{ MODEL_MAX_AGE_HOURS: '5' }, 'MODEL_MAX_AGE_HOURS'],
    [{ NOTIFY_WEBHOOK_URL: 'http://a.b/c', NOTIFY_WEBHOOK_SECRET: '' }, 'NOTIFY_WEBHOOK_SECRET'],
  ])('refuses %j, which contradicts itself', (environment, name) => {
    expect(problemOf(environment)).toContain(name);
  });

  it('warns of a name that resembles a setting, and of no other', () => {
    const { warnings } = readSettings({
      SYMBOL: 'BTC/USDT',
      API_PROT: '1',
      HOME: '/root',
      PATH: 'x',
    });
    expect(warnings).toEqual([
      'SYMBOL is not a setting; did you mean SYMBOLS?',
      'API_PROT is not a setting; did you mean API_PORT?',
    ]);
  });

  it('has help, and bounds or choices that its own default meets, for every setting', () => {
    for (const [name, setting] of SETTINGS) {
      expect(setting.help, name).toMatch(/\.$/);
      const { defaultValue } = setting;
      if (defaultValue === undefined || typeof defaultValue === 'object') continue;
      expect(setting.read(String(defaultValue as string | number)), name).toBe(defaultValue);
    }
  });
});

describe('readEnvironment', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-env-'));
  const file = path.join(folder, '.env');
  afterEach(() => {
    delete process.env['EVENKEEL_TEST_ONE'];
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets a variable win over the file', () => {
    writeFileSync(file, 'EVENKEEL_TEST_ONE=file\nEVENKEEL_TEST_TWO="from file" # note\n');
    process.env['EVENKEEL_TEST_ONE'] = 'environment';
    expect(readEnvironment(file)).toMatchObject({
      EVENKEEL_TEST_ONE: 'environment',
      EVENKEEL_TEST_TWO: 'from file',
    });
    expect(readEnvironment(path.join(folder, 'absent'))).toEqual(process.env);
  });
});
