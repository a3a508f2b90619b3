import { Decimal } from 'decimal.js';

/** Exact decimal arithmetic for prices, sizes, fees and equity. The library's default of 20 digits loses some. */
export const Money = Decimal.clone({ precision: 40, toExpNeg: -30, toExpPos: 40 });

export type Money = Decimal;

/** Rounds a size down to a multiple of `step`, so that an order never asks for more than was decided. */
export function floorToStep(size: Money, step: Money): Money {
  if (step.lte(0)) throw new RangeError(`Step ${step.toString()} is not positive`);
  return size.div(step).floor().times(step);
}

/** A price that is so many percent higher, or lower for a negative number. */
export function plusPercent(price: Money, percent: number): Money {
  return price.times(new Money(percent).div(100).plus(1));
}

/** Rounds up to a multiple of `step`. */
export function ceilToStep(amount: Money, step: Money): Money {
  if (step.lte(0)) throw new RangeError(`Step ${step.toString()} is not positive`);
  return amount.div(step).ceil().times(step);
}
