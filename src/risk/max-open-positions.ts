import { ALLOW, veto, type EntryVeto } from './risk-rule.js';

/** `MAX_OPEN_POSITIONS`: as long as that many are held, or on their way in or out, none is added. */
export const maxOpenPositions: EntryVeto = (
  _,
  { openPositions, limits: { maxOpenPositions: most } },
) =>
  most === 0 || openPositions < most
    ? ALLOW
    : veto(`${openPositions} positions are open: MAX_OPEN_POSITIONS=${most}`);
