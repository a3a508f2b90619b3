import type { Answer } from '../api/client';
import type { Tone } from '../components/BadgeTag.vue';
import { decimal, signed } from './format';

export type Model = Answer<'GET /api/models/report'>['models'][number];
type Interval = NonNullable<NonNullable<Model['metrics']>['skill']>;

export const STATUS_TONES: Readonly<Record<Model['shown_status'], Tone>> = {
  ...{ Active: 'ok', Stale: 'warn', Failed: 'bad', Archived: 'plain' },
} as Readonly<Record<Model['shown_status'], Tone>>;

export function keyOf(model: Model): string {
  return `${model.unified_symbol} ${model.timeframe} ${model.bot_name}`;
}

/** `+0.012 (0.003 … 0.021)` */
export function intervalText(value: Interval | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return '–';
  const [lower, upper] = [decimal(value.lower, digits), decimal(value.upper, digits)];
  return `${signed(value.estimate, digits)} (${lower} … ${upper})`;
}

/** `0.545 (0.512 … 0.579)`; without bounds for a model from before they were kept. */
export function aucText(model: Pick<Model, 'metrics' | 'directional_auc_interval'>): string {
  const text = decimal(model.metrics?.directional_auc, 3);
  const bounds = model.directional_auc_interval;
  if (bounds === null) return text;
  return `${text} (${decimal(bounds.lower, 3)} … ${decimal(bounds.upper, 3)})`;
}

export interface Figure {
  readonly title: string;
  readonly value: string;
  readonly hint: string;
}

/** What the test said of a model, by its task. */
export function testFigures(
  model: Pick<Model, 'task' | 'metrics' | 'directional_auc_interval' | 'test_rmse' | 'test_mae'>,
): readonly Figure[] {
  const { metrics } = model;
  if (metrics === null) return [];
  const errors = errorFigures(model);
  if (model.task === 'regressor') return errors;
  return [
    {
      title: 'Skill',
      value: intervalText(metrics.skill),
      hint: 'nat a row better than the class frequencies, with its interval; above 0 is better than chance',
    },
    {
      title: 'Direction',
      value: intervalText(metrics.direction_skill),
      hint: 'the same for BUY against SELL, on the rows that moved',
    },
    {
      title: 'AUC',
      value: aucText(model),
      hint: 'of BUY against SELL, with its interval; 0.5 is chance',
    },
    ...errors,
  ];
}

/** Of a model that expects a return; a deep bot does so beside its classes. */
function errorFigures({
  metrics,
  ...model
}: Pick<Model, 'metrics' | 'test_rmse' | 'test_mae'>): readonly Figure[] {
  const regression = metrics?.regression ?? null;
  if (regression === null) return [];
  const hint = 'of the expected log return, on candles it never saw; smaller is better';
  const { rmse, mae, persistence_rmse: none } = regression;
  const compared = none === null ? '' : ` (no change: ${decimal(none, 5)})`;
  return [
    { title: 'RMSE', value: `${decimal(rmse ?? model.test_rmse, 5)}${compared}`, hint },
    { title: 'MAE', value: decimal(mae ?? model.test_mae, 5), hint },
  ];
}

/** The key of the model that a job trains, as `keyOf` writes it. */
export function keyOfJob(job: {
  readonly unified_symbol: string;
  readonly timeframe: string;
  readonly bot: string;
}): string {
  return `${job.unified_symbol} ${job.timeframe} ${job.bot}`;
}
