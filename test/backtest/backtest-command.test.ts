import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planHistory } from '../../src/backtest/run-backtest.js';
import type { RunComparison } from '../../src/backtest/compare/compare-runs.js';
import type { SweepSummary } from '../../src/backtest/sweep/sweep-summary.js';
import { lockBacktests } from '../../src/daemon/backtests/backtest-lock.js';
import { SmallDisk, smallDiskSkipReason } from '../storage/small-disk.js';
import { randomHistory } from './backtest-runs.js';
import { writeHistory } from './history-files.js';

const ENTRY = fileURLToPath(new URL('../../dist/scripts/backtest.js', import.meta.url));

const HISTORY = randomHistory({ seed: 3, symbols: 3, bars: 600 });

let folder: string;
let candles: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-backtest-'));
  candles = path.join(folder, 'candles');
  writeHistory(candles, HISTORY);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function backtest(...parameters: string[]): { status: number | null; out: string; err: string } {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const child = spawnSync(process.execPath, [ENTRY, ...parameters], {
    cwd: folder,
    env: { PATH, DATA_DIR: path.join(folder, 'data') },
    encoding: 'utf8',
  });
  return { status: child.status, out: child.stdout, err: child.stderr };
}

interface Answer {
  readonly folder: string;
  readonly bars: number;
  readonly symbols: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

function run(...parameters: string[]): Answer {
  const { status, out, err } = backtest(
    '--signals',
    'fallback',
    '--data',
    candles,
    '--json',
    ...parameters,
  );
  expect([status, err]).toEqual([0, '']);
  return JSON.parse(out) as Answer;
}

/** Rows of a file of a run, without its heading. */
function rowsOf(answer: Answer, file: string): string[] {
  return readFileSync(path.join(answer.folder, file), 'utf8').trimEnd().split('\n').slice(1);
}

describe('npm run backtest', () => {
  it('leaves a report, figures, trades and decisions that agree with each other', () => {
    const answer = run('--set', 'MIN_FALLBACK_CONFIDENCE=0');
    const trades = rowsOf(answer, 'trades.csv').map((row) => row.split(','));
    expect(readdirSync(answer.folder).sort()).toEqual([
      'decisions.csv',
      'report.html',
      'result.json',
      'trades.csv',
    ]);
    expect(trades.length).toBe(answer.figures['trades']);
    expect(trades.length).toBeGreaterThan(20);
    const sum = (column: number): number =>
      trades.reduce((total, row) => total + Number(row[column]), 0);
    expect(sum(7)).toBeCloseTo(answer.figures['pnl_quote'] ?? NaN, 6);
    expect(sum(6)).toBeCloseTo(answer.figures['fees_paid'] ?? NaN, 6);
    const { start_equity: start = NaN, end_equity: end, total_return: total } = answer.figures;
    expect(end).toBeCloseTo(start + sum(7), 6);
    expect(total).toBeCloseTo((end ?? NaN) / start - 1, 9);
    const months = answer.figures['by_month'] as unknown as { month: string; trades: number }[];
    expect(months.map(({ month }) => month)).toEqual(['2024-01']);
    expect(months.reduce((sum, one) => sum + one.trades, 0)).toBe(trades.length);
    expect(answer.figures['max_drawdown_days']).toBeGreaterThan(0);
    expect(rowsOf(answer, 'decisions.csv').length).toBe(answer.bars);
    const stored = JSON.parse(
      readFileSync(path.join(answer.folder, 'result.json'), 'utf8'),
    ) as Answer;
    expect(stored.figures).toEqual(answer.figures);
    const page = readFileSync(path.join(answer.folder, 'report.html'), 'utf8');
    const [, data = ''] = /id="data">(.*?)<\/script>/s.exec(page) ?? [];
    const shown = JSON.parse(data.replaceAll('<\\/', '</')) as { trades: unknown[] };
    expect(shown.trades.length).toBe(trades.length);
    expect(page).not.toMatch(/(src|href)="(?!https:\/\/www\.tradingview\.com)/);
  });

  it('gives the same trades and decisions when it is run again', () => {
    const [one, other] = [
      run('--out', path.join(folder, 'a')),
      run('--out', path.join(folder, 'b')),
    ];
    for (const file of ['trades.csv', 'decisions.csv']) {
      expect(rowsOf(other, file)).toEqual(rowsOf(one, file));
    }
    // Each run is one more try on these candles.
    const figuresOf = ({ figures }: Answer) => ({ ...figures, deflated_sharpe: undefined });
    expect(figuresOf(other)).toEqual(figuresOf(one));
  });

  it('counts every run on the same candles against its Sharpe ratio', () => {
    const deflated = (answer: Answer): { runs_on_this_data: number } =>
      answer.figures['deflated_sharpe'] as unknown as { runs_on_this_data: number };
    const first = deflated(run()).runs_on_this_data;
    const elsewhere = run('--out', path.join(folder, 'counted'), '--set', 'STOP_LOSS_PCT=8');
    expect(deflated(elsewhere).runs_on_this_data).toBe(first + 1);
  });

  it('keeps to the span and the symbols that are asked for', () => {
    const answer = run('--from', '2024-01-05', '--to', '2024-01-15', '--symbols', 'S0/USDT');
    expect(answer).toMatchObject({
      from: '2024-01-05T00:00:00.000Z',
      to: '2024-01-15T00:00:00.000Z',
      symbols: ['S0/USDT'],
    });
    const times = rowsOf(answer, 'decisions.csv').map((row) => row.split(',')[1] ?? '');
    expect(times[0]?.slice(0, 10)).toBe('2024-01-05');
    expect(times.at(-1)?.slice(0, 10)).toBe('2024-01-14');
  });

  it('knows nothing of what comes after its span: files that end there give the same', () => {
    const cut = path.join(folder, 'cut');
    const toMs = Date.UTC(2024, 0, 15);
    writeHistory(cut, planHistory(HISTORY, { fromMs: undefined, toMs }).history);
    const held = ['--set', 'TAKE_PROFIT_PCT=0', 'STOP_LOSS_PCT=50', 'MAX_HOLD_BARS=0'];
    const inside = run('--to', '2024-01-15', ...held);
    const ending = run('--data', cut, ...held);
    const tradesOf = (answer: Answer): readonly string[] => rowsOf(answer, 'trades.csv');
    expect(tradesOf(inside)).toEqual(tradesOf(ending));
    expect(tradesOf(inside).some((row) => row.includes(',end,'))).toBe(true);
    for (const name of ['end_equity', 'sharpe', 'by_month', 'baselines']) {
      expect([name, inside.figures[name]]).toEqual([name, ending.figures[name]]);
    }
  });

  it.each([
    [
      'an unknown symbol',
      ['--symbols', 'S9/USDT'],
      /no 1h file of S9\/USDT; did you mean S\d\/USDT\?/,
    ],
    [
      'a setting that says where data lies',
      ['--set', 'DATA_DIR=elsewhere'],
      /DATA_DIR cannot be changed for one run/,
    ],
    [
      'settings that contradict each other',
      ['--set', 'TRADE_TIMEFRAME=4h'],
      /TRADE_TIMEFRAME is "4h"; expected one of TIMEFRAMES/,
    ],
    [
      'a setting that there is not',
      ['--set', 'STOP_LOSS=5'],
      /there is no such setting; did you mean STOP_LOSS_PCT/,
    ],
    ['a value out of range', ['--set', 'STOP_LOSS_PCT=500'], /STOP_LOSS_PCT is "500"; expected/],
    ['a pair without a value', ['--set', 'STOP_LOSS_PCT'], /expected KEY=VALUE/],
    ['a span in the future', ['--from', '2030-01-01'], /the candles reach from 2024-01-01/],
    [
      'a span that ends before it begins',
      ['--from', '2024-01-09', '--to', '2024-01-03'],
      /--from: 2024-01-09.* is not before the end, 2024-01-03/,
    ],
    [
      'a span before the candles',
      ['--to', '2023-01-01'],
      /--to: 0 bars of 1h lie in the span, at least 50 are needed: the candles reach/,
    ],
    ['a day that there is not', ['--from', '2024-02-30'], /--from is 2024-02-30; expected a day/],
    ['a timeframe without files', ['--timeframe', '4h'], /has no file of 4h/],
    ['a timeframe that there is not', ['--timeframe', '7h'], /--timeframe is 7h; expected one of/],
    [
      'models without candles before their first date',
      ['--signals', 'model', '--retrain', 'never'],
      /no symbol has more than 0 candles before it, and 400 are needed/,
    ],
    [
      'a bot that there is not',
      ['--signals', 'model', '--bot', 'tea'],
      /--bot is tea; expected one of catboost/,
    ],
    ['such a bot for the rules', ['--bot', 'tea'], /--bot is tea; expected one of catboost/],
    ['signals that there are not', ['--signals', 'tea'], /--signals is tea; expected model or/],
    [
      'an interval that there is not',
      ['--retrain', '2d'],
      /--retrain is 2d; expected one of 7d, 1d, 30d, never/,
    ],
  ])('refuses %s with 78 and says what is wrong', (_, parameters, message) => {
    const { status, err } = backtest('--signals', 'fallback', '--data', candles, ...parameters);
    expect(err).toMatch(message);
    expect(status).toBe(78);
  });

  it('puts two runs side by side, with the trades that differ first', () => {
    const [a, b] = [run(), run('--set', 'STOP_LOSS_PCT=1')];
    const compared = backtest('--compare', path.basename(a.folder), b.folder, '--json');
    expect([compared.status, compared.err]).toEqual([0, '']);
    const answer = JSON.parse(compared.out) as RunComparison;
    expect(answer.inputs).toEqual([{ name: 'STOP_LOSS_PCT', a: '3', b: '1' }]);
    for (const { name, a: one, b: other } of answer.figures) {
      expect([name, one, other]).toEqual([name, a.figures[name] ?? null, b.figures[name] ?? null]);
    }
    const { trades } = answer;
    expect([trades.a, trades.b]).toEqual([a.figures['trades'], b.figures['trades']]);
    const [rowsA, rowsB] = [rowsOf(a, 'trades.csv'), rowsOf(b, 'trades.csv')];
    expect(trades.equal).toBe(rowsA.filter((row) => rowsB.includes(row)).length);
    const times = trades.differences.map(({ opened_at: at }) => at);
    expect(times.length).toBeGreaterThan(0);
    expect(times).toEqual([...times].sort());
    const text = backtest('--compare', a.folder, a.folder).out;
    expect(text).toContain('Both were made of the same candles');
    expect(text).toContain('None differs.');
    expect(backtest('--compare', a.folder, b.folder).out).toContain('The first that differ:');
  });

  it('sweeps settings over the same candles, and says what of the best is luck', () => {
    const out = path.join(folder, 'swept');
    const answer = run('--out', out, '--sweep', 'STOP_LOSS_PCT=1,3', 'TAKE_PROFIT_PCT=0,2,4');
    const { runs, best, folder: own } = answer as unknown as SweepSummary & { folder: string };
    expect(runs.length).toBe(6);
    expect(readdirSync(own).sort()).toEqual(['sweep.html', 'sweep.json']);
    const alone = run('--set', 'STOP_LOSS_PCT=1', 'TAKE_PROFIT_PCT=4');
    const swept = runs.find(
      ({ settings: { STOP_LOSS_PCT: stop, TAKE_PROFIT_PCT: target } }) =>
        stop === '1' && target === '4',
    );
    expect(swept).toMatchObject({
      trades: alone.figures['trades'],
      sharpe: alone.figures['sharpe'],
      total_return: alone.figures['total_return'],
    });
    expect(best?.sharpe).toBe(Math.max(...runs.map(({ sharpe }) => sharpe ?? -Infinity)));
    const { out: text } = backtest(
      ...['--signals', 'fallback', '--data', candles, '--sweep', 'STOP_LOSS_PCT=1,3'],
    );
    expect(text).toMatch(/The best of 2 runs .* is expected/);
  });

  it.each([
    ['no signals', [], /--signals is missing/],
    ['one run to compare', ['--compare', 'x'], /--compare takes two runs, not 1/],
    ['a run that there is not', ['--compare', 'x', 'y'], /--compare x: there is no such backtest/],
    ['a sweep and a comparison', ['--compare', 'x', 'y', '--sweep', 'A=1'], /give one of them/],
    [
      'a setting that is given twice',
      ['--signals', 'fallback', '--set', 'FEE_RATE=0', '--sweep', 'FEE_RATE=0,1'],
      /FEE_RATE is given by --set and by --sweep/,
    ],
    [
      'a value of a sweep that is out of range',
      ['--signals', 'fallback', '--sweep', 'FEE_RATE=0,9'],
      /--sweep FEE_RATE is "9"; expected/,
    ],
  ])('refuses %s with 78 before anything runs', (_, parameters, message) => {
    const { status, err } = backtest('--data', candles, ...parameters);
    expect(err).toMatch(message);
    expect(status).toBe(78);
  });

  it('refuses to run beside another one and names it', async () => {
    const lock = lockBacktests(path.join(folder, 'data'), Date.now());
    const { status, err } = backtest('--signals', 'fallback', '--data', candles);
    lock.stop();
    expect(err).toContain(`Another backtest is running in ${path.join(folder, 'data')}`);
    expect(err).toContain(`process ${process.pid}`);
    expect(status).toBe(78);
  });

  const diskTitle = `says that the disk of its report is full (${smallDiskSkipReason ?? 'small disk'})`;
  it.skipIf(smallDiskSkipReason !== undefined)(diskTitle, () => {
    const disk = new SmallDisk(200);
    try {
      const flags = ['--signals', 'fallback', '--data', candles, '--out', disk.folder];
      const { status, err } = backtest(...flags);
      expect(err).toMatch(/The disk of .* is full: free some space/);
      expect(status).toBe(2);
      expect(readdirSync(disk.folder)).toEqual([]);
    } finally {
      disk.remove();
    }
  });

  it('refuses a database without candles and says how to get some', () => {
    const { status, err } = backtest('--signals', 'fallback');
    expect([status, err]).toEqual([78, expect.stringMatching(/npm run collect|--data|npm start/)]);
  });
});
