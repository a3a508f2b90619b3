import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { DayScore, Experiment, Trial, TrialScore } from '../../domain/experiment.js';
import { seededRandom } from '../../lib/seeded-random.js';
import { adjustByHolm } from './holm.js';
import { compareByDays, type DayDifference, type PairedDifference } from './paired-differences.js';

/** Chance of one false finding among all comparisons of an experiment. */
export const LEVEL = 0.05;

export const MEASURES = ['skill', 'direction_skill'] as const;
/** Gains over the prior a row: of all rows, or of BUY against SELL on those that moved. */
export type Measure = (typeof MEASURES)[number];

export type Verdict = 'better' | 'worse' | 'no difference shown';

export interface VariantComparison extends PairedDifference {
  readonly variant: string;
  readonly measure: Measure;
  /** Adjusted for all comparisons of the experiment. */
  readonly adjustedPValue: number;
  readonly verdict: Verdict;
  /** Pairs of jobs: series × seeds that both variants have. */
  readonly pairs: number;
  /** Mean difference of each series. */
  readonly bySeries: readonly { readonly series: string; readonly estimate: number }[];
}

/** How the jobs of one variant did. NaN where none has ended. */
export interface VariantMeans {
  readonly variant: string;
  readonly jobs: number;
  readonly skill: number;
  readonly directionSkill: number;
  /** Share of the rows that moved whose side was the likelier one. */
  readonly directionHitRate: number;
}

/** What an experiment has brought so far. */
export interface ExperimentReport {
  readonly control: string;
  readonly means: readonly VariantMeans[];
  /** Of every other variant with the control, by both measures. */
  readonly comparisons: readonly VariantComparison[];
  /** Jobs that are left out because they were judged on other rows than the control's. */
  readonly leftOut: number;
}

export interface ExperimentData {
  readonly experiment: Experiment;
  readonly trials: readonly Trial[];
  readonly scores: readonly TrialScore[];
}

/**
 * Compares each variant with the control on the same candles: for each series and seed, day by day. Seeds of a series
 * are averaged first, because they share its candles. The bootstrap is seeded by the experiment, so that a report of
 * the same scores is the same.
 */
export async function reportOn({
  experiment,
  trials,
  scores,
}: ExperimentData): Promise<ExperimentReport> {
  const control = experiment.variants[0]?.name ?? '';
  const jobs = toJobs(trials, scores);
  const pairs = experiment.variants
    .slice(1)
    .map(({ name }) => ({ name, ...pairJobs(jobs, control, name) }));
  const bare: BareComparison[] = [];
  for (const { name, paired } of pairs) {
    for (const measure of MEASURES) {
      bare.push(compare(experiment, { name, measure, paired }));
      // Of many series one comparison takes ten milliseconds.
      await setImmediate();
    }
  }
  const adjusted = adjustByHolm(bare.map(({ pValue }) => pValue));
  return {
    control,
    means: experiment.variants.map(({ name }) => toMeans(name, jobs)),
    comparisons: bare.map((one, at) => judged(one, adjusted[at] ?? 1)),
    leftOut: pairs.reduce((sum, { others }) => sum + others, 0),
  };
}

interface ScoredJob extends TrialScore {
  readonly variant: string;
  readonly seed: number;
  readonly series: string;
}

function toJobs(trials: readonly Trial[], scores: readonly TrialScore[]): readonly ScoredJob[] {
  const byUid = new Map(trials.map((trial) => [trial.uid, trial]));
  return scores.flatMap((score) => {
    const trial = byUid.get(score.trialUid);
    if (trial?.purpose !== 'experiment') return [];
    const { variant, seed } = trial;
    return [{ ...score, variant, seed, series: `${score.symbol} ${score.timeframe}` }];
  });
}

interface Pair {
  readonly series: string;
  readonly control: ScoredJob;
  readonly other: ScoredJob;
}

function pairJobs(
  jobs: readonly ScoredJob[],
  control: string,
  name: string,
): { readonly paired: readonly Pair[]; readonly others: number } {
  const controls = new Map(
    jobs.filter(({ variant }) => variant === control).map((job) => [pairKey(job), job]),
  );
  const both = jobs
    .filter(({ variant }) => variant === name)
    .flatMap((other) => {
      const partner = controls.get(pairKey(other));
      return partner === undefined ? [] : [{ series: other.series, control: partner, other }];
    });
  const paired = both.filter((pair) => pair.control.rowsHash === pair.other.rowsHash);
  return { paired, others: both.length - paired.length };
}

function pairKey({ series, seed }: ScoredJob): string {
  return `${series} ${seed}`;
}

type BareComparison = Omit<VariantComparison, 'adjustedPValue' | 'verdict'>;

function compare(
  { uid }: Experiment,
  asked: { readonly name: string; readonly measure: Measure; readonly paired: readonly Pair[] },
): BareComparison {
  const { name, measure, paired } = asked;
  const series = [...new Set(paired.map((pair) => pair.series))];
  const differences = series.map((one) =>
    differencesOf(
      paired.filter((pair) => pair.series === one),
      measure,
    ),
  );
  const seed = createHash('sha256').update(`${uid} ${name} ${measure}`).digest('hex');
  return {
    variant: name,
    measure,
    pairs: paired.length,
    ...compareByDays(differences, seededRandom(seed)),
    bySeries: series.map((one, at) => ({ series: one, estimate: meanOf(differences[at] ?? []) })),
  };
}

/** Of one series: its seeds' differences of each day, averaged. */
function differencesOf(pairs: readonly Pair[], measure: Measure): readonly DayDifference[] {
  const days = new Map<number, { sum: number; weight: number }>();
  for (const { control, other } of pairs) {
    const controls = new Map(control.days.map((day) => [day.day, day]));
    for (const day of other.days) {
      const partner = controls.get(day.day);
      if (partner === undefined) continue;
      const sums = days.get(day.day) ?? { sum: 0, weight: 0 };
      const { gain, rows } = gainOf(day, measure);
      sums.sum += (gain - gainOf(partner, measure).gain) / pairs.length;
      sums.weight += rows / pairs.length;
      days.set(day.day, sums);
    }
  }
  return [...days].map(([day, sums]) => ({ day, ...sums }));
}

function gainOf(day: DayScore, measure: Measure): { readonly gain: number; readonly rows: number } {
  if (measure === 'skill') return { gain: day.priorLoss - day.loss, rows: day.rows };
  return { gain: day.directionPriorLoss - day.directionLoss, rows: day.directionRows };
}

function meanOf(differences: readonly DayDifference[]): number {
  const sum = differences.reduce((total, one) => total + one.sum, 0);
  return sum / differences.reduce((total, one) => total + one.weight, 0);
}

function judged(one: BareComparison, adjustedPValue: number): VariantComparison {
  const verdict: Verdict =
    adjustedPValue >= LEVEL ? 'no difference shown' : one.estimate > 0 ? 'better' : 'worse';
  return { ...one, adjustedPValue, verdict };
}

function toMeans(variant: string, all: readonly ScoredJob[]): VariantMeans {
  const jobs = all.filter((job) => job.variant === variant);
  const days = jobs.flatMap((job) => job.days);
  const sumOf = (of: (day: DayScore) => number): number =>
    days.reduce((sum, day) => sum + of(day), 0);
  const directionRows = sumOf((day) => day.directionRows);
  return {
    variant,
    jobs: jobs.length,
    skill: sumOf((day) => gainOf(day, 'skill').gain) / sumOf((day) => day.rows),
    directionSkill: sumOf((day) => gainOf(day, 'direction_skill').gain) / directionRows,
    directionHitRate: sumOf((day) => day.directionHits) / directionRows,
  };
}
