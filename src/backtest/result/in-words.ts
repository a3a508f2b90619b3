import type { BacktestResult, Baseline } from './to-result.js';
import type { RunDescription } from './result-json.js';

/** What was tested, what came out, how sure that is, and what was left out: for a person who reads nothing else. */
export function inWords(description: RunDescription, result: BacktestResult): readonly string[] {
  return [
    tested(description, result),
    outcome(result),
    halts(result),
    trained(result),
    spread(result),
    certainty(result),
    leftOut(result),
  ].filter((sentence) => sentence !== '');
}

function tested(run: RunDescription, { startEquity }: BacktestResult): string {
  const what =
    run.signals === 'fallback' ? 'the SMA/RSI rules alone' : `${run.bot}, ${often(run.retrain)}`;
  const symbols = run.symbols.length === 1 ? run.symbols[0] : `${run.symbols.length} symbols`;
  return (
    `Tested: ${what} on ${symbols}, ${run.bars.toLocaleString('en')} bars of ${run.timeframe} from ${day(run.from)} ` +
    `to ${day(run.to)}, beginning with ${startEquity.toLocaleString('en')}.`
  );
}

function often(retrain: string | undefined): string {
  return retrain === 'never' ? 'trained once' : `trained every ${retrain ?? ''} on what was known`;
}

function outcome(result: BacktestResult): string {
  const { performance, trades, baselines } = result;
  const held = baselines.find(({ name }) => name === 'buy_and_hold');
  const verb = performance.totalReturn < 0 ? 'lost' : 'earned';
  const rules = baselines.find(({ name }) => name === 'fallback');
  const beside = [
    ...(held === undefined ? [] : [`buying and holding ${totalOf(held)}`]),
    ...(rules === undefined ? [] : [`the SMA/RSI rules alone ${totalOf(rules)}`]),
  ];
  return (
    `It ${verb} ${percent(Math.abs(performance.totalReturn))} in ${trades.trades} trades ` +
    `with a largest drawdown of ${percent(performance.drawdown.depth)}${beside.map((one) => `; ${one}`).join('')}.`
  );
}

function totalOf({ performance }: Baseline): string {
  return signedPercent(performance.totalReturn);
}

function trained({ models }: BacktestResult): string {
  if (models === undefined) return '';
  const { promoted, rejected, failed, waiting } = models.outcomes;
  const others = [
    ...(failed > 0 ? [`${failed} trainings failed`] : []),
    ...(waiting > 0 ? [`${waiting} waited for more candles`] : []),
  ];
  const all = models.fallbackBars.reduce((sum, { count }) => sum + count, models.answeredBars);
  const [most] = models.fallbackBars;
  const why = most === undefined ? '' : `, mostly because: ${most.reason}`;
  return (
    `At ${models.dates} retraining dates ${promoted + rejected} models were trained: ` +
    [`${promoted} promoted`, `${rejected} rejected by the gate`, ...others].join(', ') +
    `. Models answered ${percent(all === 0 ? 0 : models.answeredBars / all)} of the bars, the rules the rest${why}.`
  );
}

/** A drawdown's halt ends entries for good; a day's loss for the rest of the day. */
function halts({ halts: all }: BacktestResult): string {
  const drawdown = all.find(({ cause }) => cause === 'drawdown');
  const days = all.filter(({ cause }) => cause === 'daily_loss').length;
  const parts: string[] = [];
  if (days > 0) parts.push(`Entries were paused on ${days} days by DAILY_LOSS_PCT.`);
  if (drawdown !== undefined) {
    const when = day(new Date(drawdown.haltedAt).toISOString());
    parts.push(
      `On ${when} the run reached its largest allowed drawdown (MAX_DRAWDOWN_PCT): nothing was bought from then on.`,
    );
  }
  return parts.join(' ');
}

/** Where the spread is from, since it decides what trading costs. */
function spread({ markets }: BacktestResult): string {
  const quoted = markets.filter(({ quotedSpread }) => quotedSpread !== undefined);
  const others = markets.filter(({ quotedSpread }) => quotedSpread === undefined);
  const assumed = `BACKTEST_SPREAD_PCT, ${others[0]?.spreadPct ?? 0} %`;
  if (quoted.length === 0) return `The spread was ${assumed}.`;
  const percents = quoted.map(({ spreadPct }) => spreadPct);
  const [least, most] = [Math.min(...percents), Math.max(...percents)].map((one) =>
    one.toPrecision(2),
  );
  const range = least === most ? `${least ?? ''} %` : `${least ?? ''} % to ${most ?? ''} %`;
  const median = `the median of the stored quotes of each symbol, ${range}`;
  if (others.length === 0) return `The spread was ${median}.`;
  return `The spread was ${median}; of ${others.length} symbols without stored quotes ${assumed}.`;
}

function certainty({ intervals, randomEntries, deflatedSharpe }: BacktestResult): string {
  const parts: string[] = [];
  if (intervals.annualReturn !== undefined) {
    const { lower, upper } = intervals.annualReturn;
    parts.push(
      `with 95 % confidence its annual return lies between ${signedPercent(lower)} and ${signedPercent(upper)}`,
    );
  }
  if (randomEntries !== undefined) {
    const { pValue } = randomEntries;
    const share = pValue < 0.01 ? 'under 1 %' : percent(pValue);
    parts.push(`${share} of entries at random times did as well`);
  }
  if (deflatedSharpe !== undefined && deflatedSharpe.runs > 1) {
    parts.push(
      `after ${deflatedSharpe.runs} runs on this data the chance that its Sharpe ratio is more than luck is ` +
        percent(deflatedSharpe.probability),
    );
  }
  return parts.length === 0
    ? 'The span is too short to say how sure that is.'
    : `${capital(parts.join('; '))}.`;
}

function leftOut({ uncertainBars }: BacktestResult): string {
  const uncertain =
    uncertainBars === 0
      ? ''
      : ` In ${uncertainBars} bars stop and target were both met, and the stop was assumed.`;
  return `Left out: the queue at the venue, one's own effect on the price beyond the volume share, and delays.${uncertain}`;
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

export function signedPercent(fraction: number): string {
  return `${fraction < 0 ? '−' : '+'}${percent(Math.abs(fraction))}`;
}

function day(iso: string): string {
  return iso.slice(0, 10);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
