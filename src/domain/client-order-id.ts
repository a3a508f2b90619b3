import { createHash } from 'node:crypto';

/** Not `t`, which one venue keeps for itself. */
const PREFIX = 'e';
const DIGITS = 17;
const OWN_FORM = new RegExp(`^${PREFIX}[0-9a-z]{${DIGITS}}$`);

/**
 * 18 characters of `[a-z0-9]`, the one form that every venue accepts: the same for the same `seed`
 * (a decision's or an exit order's uid), so that an order that may have been sent can be asked for.
 */
export function clientOrderId(seed: string): string {
  const digest = createHash('sha256').update(seed).digest('hex');
  return PREFIX + BigInt(`0x${digest}`).toString(36).padStart(DIGITS, '0').slice(-DIGITS);
}

/** Whether an order's id has the form of ours, whichever installation made it. */
export function hasOwnForm(id: string): boolean {
  return OWN_FORM.test(id);
}
