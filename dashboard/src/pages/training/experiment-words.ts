import type { Answer } from '../../api/client';
import type { Tone } from '../../components/BadgeTag.vue';
import { count, counted, decimal, signed } from '../../lib/format';

export type Experiment = Answer<'GET /api/experiments'>['experiments'][number];
export type ExperimentDetail = Answer<'GET /api/experiments/{id}'>;
export type Comparison = ExperimentDetail['report']['comparisons'][number];

export const STATUS_TONES: Readonly<Record<Experiment['status'], Tone>> = {
  ...{ pending: 'plain', running: 'info', paused: 'warn' },
  ...{ completed: 'ok', failed: 'bad', cancelled: 'plain' },
} as Readonly<Record<Experiment['status'], Tone>>;

export const MEASURES: Readonly<Record<Comparison['measure'], string>> = {
  skill: 'skill',
  direction_skill: 'direction skill',
};
/** Digits behind the point: differences are thousandths of a nat. */
export const DIGITS = 4;

/** `2 variants × 3 symbols × 1 timeframe × 3 seeds, catboost` */
export function sizeOf({ variants, symbols, timeframes, seeds, bot }: Experiment): string {
  const parts = [
    counted(variants.length, 'variant'),
    counted(symbols.length, 'symbol'),
    counted(timeframes.length, 'timeframe'),
    counted(seeds.length, 'seed'),
  ];
  return `${parts.join(' × ')}, ${bot}`;
}

export function isOpen({ status }: Pick<Experiment, 'status'>): boolean {
  return status === 'pending' || status === 'running' || status === 'paused';
}

/** Jobs that have ended, in percent of all. */
export function progressOf({ jobs }: Pick<Experiment, 'jobs'>): number {
  return jobs.total === 0 ? 0 : Math.floor((100 * (jobs.total - jobs.open)) / jobs.total);
}

/** `4 of 18 scored, 2 failed` */
export function jobsText({ jobs }: Pick<Experiment, 'jobs'>): string {
  const { total, completed, failed, cancelled } = jobs;
  const parts = [`${count(completed)} of ${count(total)} scored`];
  if (failed > 0) parts.push(`${count(failed)} failed`);
  if (cancelled > 0) parts.push(`${count(cancelled)} cancelled`);
  return parts.join(', ');
}

/** `FEATURE_GROUPS=-calendar`; what has no setting of its own is as the daemon has it. */
export function settingsText(settings: Readonly<Record<string, string>>): string {
  const parts = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return parts.length === 0 ? 'as the daemon has them' : parts.join(', ');
}

/** What all comparisons together say, for somebody who reads one sentence. */
export function summaryOf(experiment: ExperimentDetail): string {
  const { comparisons } = experiment.report;
  const known = comparisons.filter(({ pairs }) => pairs > 0);
  if (known.length === 0)
    return 'Nothing can be compared yet: no series is scored by two variants.';
  const found = known.filter(({ verdict }) => verdict !== 'no difference shown');
  const begin = isOpen(experiment) ? 'So far ' : '';
  if (found.length === 0) {
    const none = begin === '' ? 'No difference' : 'no difference';
    return `${begin}${none} was found. That does not prove that there is none: the intervals say how large it may be.`;
  }
  const measures = new Map<string, string[]>();
  for (const { variant, verdict, measure } of found) {
    const saying = `“${variant}” is ${verdict} in`;
    measures.set(saying, [...(measures.get(saying) ?? []), MEASURES[measure]]);
  }
  const names = [...measures].map(([saying, all]) => `${saying} ${all.join(' and ')}`);
  const rest = found.length === known.length ? '' : ' Otherwise no difference was found.';
  return `${begin}${names.join('; ')}.${rest}`;
}

/** How much and how sure, after the name of a variant and its verdict: `than “as it is” by 0.0200 (…), p 0.001`. */
export function findingOf(one: Comparison, control: string): string {
  const { verdict, estimate, lower, upper, pairs, p_adjusted: p } = one;
  if (pairs === 0 || estimate === null) return 'nothing to compare yet';
  const sure = `(${signed(lower, DIGITS)} … ${signed(upper, DIGITS)}), p\u00a0${decimal(p, 3)}`;
  if (verdict === 'no difference shown') {
    return `to “${control}”: ${signed(estimate, DIGITS)} ${sure}`;
  }
  return `than “${control}” by ${decimal(Math.abs(estimate), DIGITS)} ${sure}`;
}
