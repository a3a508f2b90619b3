import type { ExperimentReport } from '../../training/experiments/experiment-report.js';
import type { ExperimentView } from '../../training/experiments/experiments.js';
import { comparisonText } from '../../training/experiments/report-text.js';
import type { ExperimentAnswer, ExperimentReportAnswer } from '../contract/experiments.js';
import { finite } from './finite.js';
import { iso } from './keys.js';

export function experimentAnswer({ experiment, status, jobs }: ExperimentView): ExperimentAnswer {
  const { uid, name, venue, bot, symbols, timeframes, variants, seeds } = experiment;
  return {
    id: uid,
    name,
    venue,
    bot,
    symbols: [...symbols],
    timeframes: [...timeframes],
    variants: variants.map((one) => ({ name: one.name, settings: { ...one.settings } })),
    seeds: [...seeds],
    status,
    jobs: { ...jobs },
    session_id: experiment.sessionUid,
    cut_at: iso(experiment.cutAt),
    created_at: iso(experiment.createdAt),
  };
}

export function reportAnswer(report: ExperimentReport): ExperimentReportAnswer {
  return {
    control: report.control,
    means: report.means.map((one) => ({
      variant: one.variant,
      jobs: one.jobs,
      skill: finite(one.skill),
      direction_skill: finite(one.directionSkill),
      direction_hit_rate: finite(one.directionHitRate),
    })),
    comparisons: report.comparisons.map((one) => ({
      variant: one.variant,
      measure: one.measure,
      estimate: finite(one.estimate),
      lower: finite(one.lower),
      upper: finite(one.upper),
      p_value: one.pValue,
      p_adjusted: one.adjustedPValue,
      verdict: one.verdict,
      text: comparisonText(one),
      pairs: one.pairs,
      instruments: one.instruments,
      days: one.days,
      by_series: one.bySeries.map(({ series, estimate }) => ({
        series,
        estimate: finite(estimate),
      })),
    })),
    left_out: report.leftOut,
  };
}
