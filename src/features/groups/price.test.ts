import { checkFormulas } from '../../../test/golden/check-formulas.js';
import { deviation, total, type NaiveRow } from '../../../test/golden/naive-rows.js';

function placeIn(row: NaiveRow, bars: number): number {
  const low = Math.min(...row.last('low', bars));
  const high = Math.max(...row.last('high', bars));
  return (row.at('close') - low) / (high - low);
}

checkFormulas('price features', {
  log_return_1: (row) => Math.log(row.at('close') / row.at('close', 1)),
  log_return_36: (row) => Math.log(row.at('close') / row.at('close', 36)),
  log_return_336: (row) => Math.log(row.at('close') / row.at('close', 336)),
  scaled_return_1: (row) => total(row.returns(1)) / deviation(row.returns(48)),
  scaled_return_24: (row) => total(row.returns(24)) / (Math.sqrt(24) * deviation(row.returns(48))),
  scaled_return_168: (row) =>
    total(row.returns(168)) / (Math.sqrt(168) * deviation(row.returns(168))),
  return_change_12: (row) => total(row.returns(12)) - total(row.returns(12, 12)),
  open_gap: (row) => Math.log(row.at('open') / row.at('close', 1)),
  range_position_24: (row) => placeIn(row, 24),
  range_position_336: (row) => placeIn(row, 336),
  from_high_96: (row) => Math.log(row.at('close') / Math.max(...row.last('high', 96))),
  from_low_168: (row) => Math.log(row.at('close') / Math.min(...row.last('low', 168))),
});
