import type { KeyRights } from './order-venue.js';

export interface RightsRule {
  /** Market time. */
  readonly nowMs: number;
  readonly allowWithdrawalKeys: boolean;
}

/** Why a key is not traded with, and what to do; undefined where nothing speaks against it. */
export function findRightsFault(
  { trade, withdraw, expiresAt }: KeyRights,
  { nowMs, allowWithdrawalKeys }: RightsRule,
): string | undefined {
  if (expiresAt !== undefined && expiresAt > 0 && expiresAt <= nowMs) {
    return 'has expired: make a new one';
  }
  if (trade === false) return 'may only read: allow spot trading for it at the venue';
  if (withdraw === true && !allowWithdrawalKeys) {
    return (
      'may withdraw money, which nothing here needs: take that right from it, ' +
      'or set ALLOW_WITHDRAWAL_KEYS=true'
    );
  }
  return undefined;
}
