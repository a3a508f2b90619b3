import type { ExperimentDetailAnswer } from '../src/api/contract/experiments.js';
import type { ExperimentEnd } from '../src/commands/experiment-options.js';
import type { TrainProgress } from '../src/commands/train-options.js';
import { signed } from '../src/training/experiments/report-text.js';
import type { CommandFormat } from './command-output.js';
import { textTable } from './text-table.js';
import { TRAIN_FORMAT } from './train-output.js';

/** How `npm run experiment` shows its progress, as training does, and its result in tables. */
export const EXPERIMENT_FORMAT: CommandFormat<TrainProgress, ExperimentEnd> = {
  ...TRAIN_FORMAT,
  end: ({ experiment, line }) => {
    const parts = experiment === undefined ? [] : resultText(experiment);
    return [...parts, ...(line === '' ? [] : [line])].join('\n');
  },
  endJson: ({ status, experiment, line, left }) => ({
    status,
    experiment: experiment ?? null,
    line: line === '' ? null : line,
    not_compared: left,
  }),
};

function resultText({ name, id, jobs, report }: ExperimentDetailAnswer): readonly string[] {
  const means = report.means.map((one) => [
    one.variant,
    String(one.jobs),
    signed(one.skill),
    signed(one.direction_skill),
    one.direction_hit_rate === null ? '–' : `${(100 * one.direction_hit_rate).toFixed(2)} %`,
  ]);
  const differences = report.comparisons.map((one) => [
    one.variant,
    one.measure.replace('_', ' '),
    signed(one.estimate),
    `${signed(one.lower)} … ${signed(one.upper)}`,
    one.p_value.toFixed(3),
    one.p_adjusted.toFixed(3),
    one.verdict,
  ]);
  const [first] = report.comparisons;
  const seen =
    first === undefined
      ? ''
      : `${first.pairs} pairs, ${first.instruments} series, ${first.days} days`;
  return [
    `Experiment "${name}" (${id}): ${jobs.completed} of ${jobs.total} jobs scored`,
    textTable(['variant', 'jobs', 'skill', 'direction skill', 'right side'], means),
    `Against "${report.control}" on the same candles (${seen}); p adjusted by Holm:`,
    textTable(
      ['variant', 'of', 'difference', '95 % interval', 'p', 'p adjusted', 'verdict'],
      differences,
    ),
  ];
}
