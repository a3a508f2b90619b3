import { Cron } from 'croner';

/** When something is to happen again and again: five fields, in a time zone. */
export interface CronRule {
  readonly expression: string;
  /** IANA name, `UTC`. */
  readonly timeZone: string;
}

/** Whether it is an expression of five fields that happens at all. */
export function isCronExpression(expression: string): boolean {
  try {
    return nextOccurrence({ expression, timeZone: 'UTC' }, Date.UTC(2024, 0, 1)) !== undefined;
  } catch {
    return false;
  }
}

/**
 * First time strictly after `afterMs` at which the rule holds; undefined where it never does. A time that
 * the clocks skip in spring happens right after the gap, one that they repeat in autumn happens once.
 *
 * @throws TypeError for an expression that is none
 */
export function nextOccurrence(rule: CronRule, afterMs: number): number | undefined {
  const { expression, timeZone: timezone } = rule;
  // Without a function it computes and starts no timer.
  const cron = new Cron(expression, { timezone, mode: '5-part' });
  return cron.nextRun(new Date(afterMs))?.getTime();
}
