/** Places in a list of bars, which may lie between two or beyond its ends; `to` is not included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is held to each side of the view, in widths of it. */
const HELD = 1.5;
/** With less to a side, others are held. A drag moves the view by one width at most. */
const LEAST = 1;
/** The same while newer bars have to stay: it is made up for when they may go. */
const LEAST_DRAGGED = 0.25;
/** With more newer bars than that, which stayed during drags, others are held. */
const MOST = 3;
/** A view counts as at least so wide, in bars: few bars are held as easily. */
const MIN_WIDTH = 300;

/** Whether a view comes near to the first of the bars, so that older ones are to be read. */
export function needsOlder(view: Span): boolean {
  return view.from < Math.max(80, view.to - view.from);
}

/**
 * Which of `count` bars a chart holds, so that those near its view can be shown at once: a chart that held
 * all would take longer with each bar that is read. The same span comes back while it is wide enough.
 * @param keepsNewer older bars may be added, nothing else
 */
export function spanAround(
  view: Span,
  held: Span,
  { count, keepsNewer }: { readonly count: number; readonly keepsNewer: boolean },
): Span {
  const width = Math.max(MIN_WIDTH, view.to - view.from);
  const [older, newer] = [view.from - held.from, held.to - view.to];
  const from = clamp(Math.floor(view.from - HELD * width), count);
  if (keepsNewer) {
    const isEnough = held.from === 0 || older >= LEAST_DRAGGED * width;
    return isEnough ? held : { from: Math.min(from, held.from), to: held.to };
  }
  const hasOlder = held.from === 0 || older >= LEAST * width;
  const hasNewer = held.to === count || newer >= LEAST * width;
  if (hasOlder && hasNewer && newer <= MOST * width) return held;
  return { from, to: clamp(Math.ceil(view.to + HELD * width), count) };
}

function clamp(place: number, count: number): number {
  return Math.min(count, Math.max(0, place));
}

/** Place of the last bar that begins at that time or before it, -1 where there is none; by halving. */
export function lastPlace(bars: readonly { readonly time: number }[], time: number): number {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.time ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
