import type { CountedReason } from '../context/api-context.js';
import { iso } from './keys.js';

export interface ReasonGroup {
  action: CountedReason['action'];
  text: string;
  decisions: number;
  example: string;
  last_at: string;
}

/** Frequent reasons, of which each decision has its own figures, as one sentence each. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^HOLD: insufficient history/, 'too little history for the rules'],
  [/^HOLD$/, 'no direction expected: the signal is HOLD'],
  [/^BUY$/, 'a BUY signal that every rule allowed'],
  [/^SELL$/, 'a SELL signal'],
  [/^confidence .* below/, 'confidence below its minimum'],
  [/^expected move .* below/, 'expected move below costs'],
  [/^fallback not executed/, 'the rules gave the signal, and they do not trade here'],
  [/^advisory: /, 'another timeframe or bot trades the symbol'],
  [/^too late: \d/, 'too late after the close of the candle'],
  [/^entries frozen: /, 'entries are frozen'],
];

/** Reasons that differ by their figures alone, counted together; the most frequent first. */
export function reasonGroups(counted: readonly CountedReason[]): ReasonGroup[] {
  const groups = new Map<string, ReasonGroup>();
  for (const { action, reason, decisions, lastAt } of counted) {
    const text = withoutFigures(reason);
    const known = groups.get(`${action} ${text}`);
    const at = iso(lastAt);
    if (known === undefined) {
      groups.set(`${action} ${text}`, { action, text, decisions, example: reason, last_at: at });
      continue;
    }
    known.decisions += decisions;
    if (at > known.last_at) known.last_at = at;
  }
  return [...groups.values()].sort((one, other) => other.decisions - one.decisions);
}

function withoutFigures(reason: string): string {
  const sentence = SENTENCES.find(([pattern]) => pattern.test(reason))?.[1];
  return sentence ?? reason.replace(/\d[\d.,]*/g, '…');
}
