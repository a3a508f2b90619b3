/** Markets of coins never close: figures are annualised over calendar time. */
export const DAYS_A_YEAR = 365;
export const DAY_MS = 86_400_000;
