import { LEVEL } from '../../training/experiments/experiment-report.js';
import type { ShadowView } from '../../training/experiments/shadow-models.js';
import type { AnswersScore, ShadowScore } from '../../training/experiments/shadow-score.js';
import { intervalText } from '../../training/experiments/report-text.js';
import type { ShadowModelAnswer } from '../contract/shadow-models.js';
import { finite } from './finite.js';
import { iso, isoOrNull, type MarketIds } from './keys.js';
import { modelKeyAnswer, verdictAnswer } from './models.js';

export function shadowAnswer(
  { shadow, score }: ShadowView,
  marketIds: MarketIds,
): ShadowModelAnswer {
  const { record } = shadow;
  return {
    id: shadow.uid,
    ...modelKeyAnswer(shadow, marketIds),
    experiment_id: shadow.experimentUid,
    variant: shadow.variant,
    status: shadow.status,
    reason: shadow.reason ?? null,
    model_uid: record?.uid ?? null,
    trained_at: isoOrNull(record?.trainedAt),
    verdict: verdictAnswer(record?.verdict),
    live: score === undefined ? null : liveAnswer(score),
    created_at: iso(shadow.createdAt),
    ended_at: isoOrNull(shadow.endedAt),
  };
}

function liveAnswer({
  candles,
  shadow,
  serving,
  difference,
}: ShadowScore): ShadowModelAnswer['live'] {
  const { estimate, lower, upper, pValue, days } = difference;
  return {
    candles,
    compared: shadow.candles,
    shadow: scoresAnswer(shadow),
    serving: scoresAnswer(serving),
    difference: {
      estimate: finite(estimate),
      lower: finite(lower),
      upper: finite(upper),
      p_value: pValue,
      days,
    },
    text: differenceText(difference),
  };
}

function differenceText(difference: ShadowScore['difference']): string {
  const { estimate, pValue } = difference;
  if (!Number.isFinite(estimate)) return 'no candle to compare on yet';
  const kind = estimate > 0 ? 'better skill' : 'worse skill';
  const said = pValue < LEVEL ? kind : 'no difference shown in skill';
  return `${said} (${intervalText(difference)}, p ${pValue.toFixed(3)})`;
}

function scoresAnswer({ skill, directionSkill }: AnswersScore): {
  skill: number | null;
  direction_skill: number | null;
} {
  return { skill: finite(skill), direction_skill: finite(directionSkill) };
}
