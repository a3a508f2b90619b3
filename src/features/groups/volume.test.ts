import { checkFormulas } from '../../../test/golden/check-formulas.js';
import {
  balance,
  correlation,
  deviation,
  mean,
  times,
  total,
  type NaiveRow,
} from '../../../test/golden/naive-rows.js';

function typicalPrices(row: NaiveRow, bars: number): number[] {
  const [high, low, close] = [
    row.last('high', bars),
    row.last('low', bars),
    row.last('close', bars),
  ];
  return high.map((value, i) => (value + (low[i] ?? NaN) + (close[i] ?? NaN)) / 3);
}

function closeLocations(row: NaiveRow, bars: number): number[] {
  const [high, low, close] = [
    row.last('high', bars),
    row.last('low', bars),
    row.last('close', bars),
  ];
  return close.map((value, i) => {
    const [top, bottom] = [high[i] ?? NaN, low[i] ?? NaN];
    return top === bottom ? 0 : (2 * value - top - bottom) / (top - bottom);
  });
}

/** Share of the flow of typical price times volume that came with a rising typical price. */
function moneyFlowIndex(row: NaiveRow, bars: number): number {
  const prices = typicalPrices(row, bars + 1);
  const flows = times(prices, row.last('volume', bars + 1)).slice(1);
  const moves = prices.slice(1).map((price, i) => price - (prices[i] ?? NaN));
  const up = total(flows.filter((_, i) => (moves[i] ?? NaN) > 0));
  const down = total(flows.filter((_, i) => (moves[i] ?? NaN) < 0));
  return up / (up + down);
}

function impact(row: NaiveRow, bars: number): number {
  return total(row.returns(bars).map(Math.abs)) / total(row.last('volume', bars));
}

checkFormulas('volume features', {
  volume_ratio_5: (row) => Math.log(1 + row.at('volume') / mean(row.last('volume', 5))),
  volume_ratio_168: (row) => Math.log(1 + row.at('volume') / mean(row.last('volume', 168))),
  volume_zscore_100: (row) => {
    const volumes = row.last('volume', 100);
    return (row.at('volume') - mean(volumes)) / deviation(volumes);
  },
  volume_trend_48_336: (row) =>
    balance(mean(row.last('volume', 48)), mean(row.last('volume', 336))),
  volume_change_24: (row) => balance(row.at('volume'), row.at('volume', 24)),
  volume_variation_48: (row) => deviation(row.last('volume', 48)) / mean(row.last('volume', 48)),
  volume_peak_age_96: (row) => {
    const newestFirst = row.last('volume', 96).reverse();
    return newestFirst.indexOf(Math.max(...newestFirst)) / 96;
  },
  traded_share_24: (row) => row.last('volume', 24).filter((volume) => volume > 0).length / 24,
  obv_share_20: (row) => {
    const signed = times(row.returns(20).map(Math.sign), row.last('volume', 20));
    return total(signed) / total(row.last('volume', 20));
  },
  cmf_20: (row) =>
    total(times(closeLocations(row, 20), row.last('volume', 20))) / total(row.last('volume', 20)),
  mfi_7: (row) => moneyFlowIndex(row, 7),
  mfi_28: (row) => moneyFlowIndex(row, 28),
  impact_24_168: (row) => balance(impact(row, 24), impact(row, 168)),
  volume_weighted_return_96: (row) => {
    const weighted = total(times(row.returns(96), row.last('volume', 96)));
    return weighted / total(row.last('volume', 96)) / deviation(row.returns(96));
  },
  volume_move_correlation_48: (row) =>
    correlation(row.returns(48).map(Math.abs), row.last('volume', 48)),
});
