import { checkFormulas } from '../../../test/golden/check-formulas.js';
import {
  balance,
  correlation,
  covariance,
  deviation,
  total,
  type NaiveRow,
} from '../../../test/golden/naive-rows.js';

function beta(row: NaiveRow, bars: number, lag = 0): number {
  const reference = row.referenceReturns(bars, lag);
  return covariance(row.returns(bars, lag), reference) / deviation(reference) ** 2;
}

function residual(row: NaiveRow, bars: number): number {
  return total(row.returns(bars)) - beta(row, 168, bars) * total(row.referenceReturns(bars));
}

/** Relative strength of the last bars, ln(close / reference), up to a constant. */
function strengths(row: NaiveRow, bars: number): number[] {
  return Array.from(
    { length: bars },
    (_, lag) => total(row.referenceReturns(lag)) - total(row.returns(lag)),
  );
}

checkFormulas('reference features', {
  reference_return_1: (row) => total(row.referenceReturns(1)),
  reference_return_72: (row) => total(row.referenceReturns(72)),
  reference_return_1_lag_2: (row) => total(row.referenceReturns(1, 2)),
  reference_vol_12: (row) => deviation(row.referenceReturns(12)),
  reference_vol_trend_24_168: (row) =>
    balance(deviation(row.referenceReturns(24)), deviation(row.referenceReturns(168))),
  reference_scaled_return_4: (row) =>
    total(row.referenceReturns(4)) / (2 * deviation(row.referenceReturns(48))),
  excess_return_6: (row) => total(row.returns(6)) - total(row.referenceReturns(6)),
  excess_return_72: (row) => total(row.returns(72)) - total(row.referenceReturns(72)),
  beta_48: (row) => beta(row, 48),
  beta_168: (row) => beta(row, 168),
  reference_correlation_24: (row) => correlation(row.returns(24), row.referenceReturns(24)),
  reference_correlation_168: (row) => correlation(row.returns(168), row.referenceReturns(168)),
  residual_return_1: (row) => residual(row, 1),
  residual_return_24: (row) => residual(row, 24),
  strength_zscore_48: (row) => {
    const line = strengths(row, 48);
    const middle = total(line) / 48;
    return ((line[0] ?? NaN) - middle) / deviation(line);
  },
  relative_vol_24: (row) =>
    balance(deviation(row.returns(24)), deviation(row.referenceReturns(24))),
  reference_lead_48: (row) => correlation(row.returns(48), row.referenceReturns(48, 1)),
});
