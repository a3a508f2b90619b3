import { barOpenTime, closeTimeOf } from '../../domain/timeframe.js';
import type { LookalikeOutcome, LookalikeQuestion } from '../../lookalikes/lookalikes.js';
import { OUTCOME_BARS, type Distribution, type Followed } from '../../lookalikes/index/outcomes.js';
import { EMBEDDING_NAME } from '../../lookalikes/sessions/read-extent.js';
import { EMBEDDING_BARS, EMBEDDING_VERSION } from '../../lookalikes/transform/embed-windows.js';
import type { LookalikeAnswer } from '../contract/lookalikes.js';
import { finite } from './finite.js';
import { iso, type MarketIds } from './keys.js';

const NOTE = 'Shown and scored, not traded: what followed in the past is no signal.';
const EMBEDDING = { name: EMBEDDING_NAME, version: EMBEDDING_VERSION, bars: EMBEDDING_BARS };

type Shown = Exclude<LookalikeOutcome, { status: 'too_late' }>;
type Time = (index: number) => number;

export function lookalikesAnswer(
  { key, scope }: LookalikeQuestion,
  outcome: Shown,
  marketIds: MarketIds,
): LookalikeAnswer {
  const { venue, symbol, timeframe } = key;
  const openOf: Time = (index) => barOpenTime(index, timeframe, key.gridOffsetMs ?? 0);
  const closeOf: Time = (index) => closeTimeOf(openOf(index), timeframe);
  const found = outcome.status === 'found' ? outcome : undefined;
  return {
    symbol: marketIds.get(symbol) ?? symbol,
    unified_symbol: symbol,
    venue,
    timeframe,
    scope,
    state: outcome.status === 'found' ? 'ready' : outcome.status,
    message: messageOf(outcome),
    session_id: outcome.status === 'building' ? (outcome.sessionUid ?? null) : null,
    as_of: outcome.status === 'building' ? null : iso(closeOf(outcome.index)),
    embedding: EMBEDDING,
    series: outcome.seriesTotal,
    series_ready: found?.seriesReady ?? 0,
    windows: found?.windows ?? 0,
    left_out: found?.leftOut ?? 0,
    path: found?.path.map(finite) ?? [],
    look_alikes: (found?.lookalikes ?? []).map((one) => ({
      symbol: marketIds.get(one.symbol) ?? one.symbol,
      unified_symbol: one.symbol,
      from: iso(openOf(one.index - EMBEDDING_BARS + 1)),
      time: iso(closeOf(one.index)),
      distance: one.distance,
      returns: OUTCOME_BARS.map((bars, at) => ({ bars, value: finite(one.returns[at] ?? NaN) })),
      path: one.path.map(finite),
    })),
    followed: (found?.followed ?? []).map(followedAnswer),
    note: NOTE,
  };
}

function messageOf(outcome: Shown): string | null {
  if (outcome.status === 'building') return 'The windows of this timeframe are being computed';
  if (outcome.status === 'no_window') return 'A candle of the last 65 bars is missing';
  return outcome.lookalikes.length === 0 ? 'No window ended long enough before this bar' : null;
}

function followedAnswer(one: Followed): LookalikeAnswer['followed'][number] {
  const [lower, upper] = one.shareUpInterval;
  return {
    bars: one.bars,
    look_alikes: distributionAnswer(one.lookalikes),
    share_up_lower: lower,
    share_up_upper: upper,
    base_rate: distributionAnswer(one.baseRate),
    difference_shown: one.isDifferenceShown,
  };
}

function distributionAnswer(one: Distribution): LookalikeAnswer['followed'][number]['base_rate'] {
  return {
    windows: one.windows,
    median: finite(one.median),
    lower_quartile: finite(one.lowerQuartile),
    upper_quartile: finite(one.upperQuartile),
    share_up: finite(one.shareUp),
  };
}
