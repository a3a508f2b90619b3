import type { IChartApi } from 'lightweight-charts';
import type { Bar } from '../../lib/use-market-data';
import { lastPlace, needsOlder, spanAround, type Span } from './bar-window';

export interface HeldBarsOptions {
  /** Draws these in place of what is drawn. */
  readonly draw: (bars: readonly Bar[]) => void;
  /** Draws the last bar again, and those that follow it. */
  readonly append: (bars: readonly Bar[]) => void;
  /** Older bars will be in view soon. */
  readonly onOlder: () => void;
}

/** Pixels of the window for each bar that is shown at first. */
const BAR_WIDTH = 8;
/** Empty places after the newest bar, at first. */
const AFTER_NEWEST = 6;
/** Fewer bars are not shown, however far one zooms by the keyboard. */
const LEAST_SHOWN = 10;
/** What a finger pushed glides on; it has come to rest when it has not moved for that long. */
const REST_MS = 150;

/**
 * Gives a chart those bars of a long series that lie near its view, and others as the view moves.
 *
 * The chart measures its view from the last bar that it has. While the mouse or a finger holds it, it goes by what
 * it measured at the beginning: newer bars come and go only when it is let go, older ones at any time.
 */
export class HeldBars {
  readonly #chart: IChartApi;
  readonly #options: HeldBarsOptions;
  readonly #listening = new AbortController();
  #bars: readonly Bar[] = [];
  #held: Span = { from: 0, to: 0 };
  #isGrabbed = false;
  /** The chart has been told of another view and shows it with its next frame: until then it tells of a wrong one. */
  #isMoving = false;
  /** The view that the chart has been told of, by places of what it has; until it shows that. */
  #aimed: Span | undefined;
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(chart: IChartApi, options: HeldBarsOptions) {
    this.#chart = chart;
    this.#options = options;
    chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      if (this.#rest !== undefined) this.#waitForRest();
      this.#lookSoon();
    });
    this.#listen();
  }

  /** What the chart has. */
  get drawn(): readonly Bar[] {
    return this.#bars.slice(this.#held.from, this.#held.to);
  }

  /** When the first bar begins that follows those: seconds since the epoch. */
  get endsAt(): number {
    return this.#bars[this.#held.to]?.time ?? Infinity;
  }

  /** Shows the newest of another series, which has at least one bar. */
  begin(bars: readonly Bar[]): void {
    const { length: count } = bars;
    const width = Math.min(160, Math.max(45, Math.round(innerWidth / BAR_WIDTH)));
    const view = { from: count - width, to: count + AFTER_NEWEST };
    this.#bars = bars;
    this.#held = spanAround(view, { from: 0, to: 0 }, { count, keepsNewer: false });
    this.#options.draw(this.drawn);
    this.#aim(view);
  }

  /** Moves the view to newer bars by that part of its width, or to older ones. */
  panBy(share: number): void {
    this.#change(({ from, to }) => ({
      from: from + share * (to - from),
      to: to + share * (to - from),
    }));
  }

  /** Shows that many times as many bars before the last one in view. */
  zoomBy(factor: number): void {
    this.#change(({ from, to }) => {
      // Narrower than a pixel a bar is not drawn.
      const most = this.#chart.timeScale().width();
      const width = Math.max(LEAST_SHOWN, Math.min(most, factor * (to - from)));
      return { from: to - width, to };
    });
  }

  /** Shows the oldest that have been read, upon which older ones are asked for. */
  showOldest(): void {
    this.#change(({ from, to }) => ({ from: 0, to: to - from }));
  }

  showNewest(): void {
    this.#change(({ from, to }) => {
      const end = this.#bars.length + AFTER_NEWEST;
      return { from: end - (to - from), to: end };
    });
  }

  /** Takes the same series with older or newer bars. */
  take(bars: readonly Bar[]): void {
    const [first, last] = [this.#bars[this.#held.from], this.#bars[this.#held.to - 1]];
    const from = first === undefined ? -1 : lastPlace(bars, first.time);
    if (first === undefined || last === undefined || bars[from]?.time !== first.time) {
      this.begin(bars);
      return;
    }
    const to = lastPlace(bars, last.time) + 1;
    const hasNewest = this.#held.to === this.#bars.length;
    // A bar came between those that are drawn.
    const isOther = to - from !== this.#held.to - this.#held.from;
    this.#bars = bars;
    this.#held = { from, to: hasNewest ? bars.length : to };
    if (isOther) this.#options.draw(this.drawn);
    else if (hasNewest && bars.at(-1) !== last) this.#options.append(bars.slice(to - 1));
    this.#lookSoon();
  }

  stop(): void {
    this.#listening.abort();
    clearTimeout(this.#rest);
    cancelAnimationFrame(this.#frame);
  }

  #listen(): void {
    const { signal } = this.#listening;
    const place = this.#chart.chartElement();
    for (const name of ['mousedown', 'touchstart']) {
      const grab = (): void => {
        clearTimeout(this.#rest);
        this.#rest = undefined;
        this.#isGrabbed = true;
      };
      place.addEventListener(name, grab, { signal, passive: true });
    }
    window.addEventListener('mouseup', () => this.#release(), { signal });
    for (const name of ['touchend', 'touchcancel']) {
      window.addEventListener(name, () => this.#isGrabbed && this.#waitForRest(), { signal });
    }
  }

  #release(): void {
    this.#isGrabbed = false;
    this.#rest = undefined;
    this.#look();
  }

  #waitForRest(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#release(), REST_MS);
  }

  #lookSoon(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      this.#isMoving = false;
      this.#aimed = undefined;
      this.#look();
    });
  }

  /** Shows another view, as near to it as there are bars. */
  #change(change: (view: Span) => Span): void {
    const range = this.#aimed ?? this.#chart.timeScale().getVisibleLogicalRange();
    if (range === null || this.#isGrabbed) return;
    const { length: count } = this.#bars;
    const before = this.#held.from;
    const asked = change({ from: range.from + before, to: range.to + before });
    const width = asked.to - asked.from;
    const last = count + AFTER_NEWEST;
    const to = Math.min(last, Math.max(asked.to, width - AFTER_NEWEST));
    const view = { from: to - width, to };
    const wanted = spanAround(view, this.#held, { count, keepsNewer: false });
    if (wanted !== this.#held) {
      this.#held = wanted;
      this.#options.draw(this.drawn);
    }
    this.#aim(view);
  }

  /** @param view by places of the whole series */
  #aim(view: Span): void {
    const { from } = this.#held;
    const aimed = { from: view.from - from, to: view.to - from };
    this.#chart.timeScale().setVisibleLogicalRange(aimed);
    this.#move();
    this.#aimed = aimed;
  }

  #move(): void {
    this.#isMoving = true;
    this.#lookSoon();
  }

  #look(): void {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (this.#isMoving || range === null) return;
    const { from } = this.#held;
    const view = { from: range.from + from, to: range.to + from };
    if (needsOlder(view)) this.#options.onOlder();
    const options = { count: this.#bars.length, keepsNewer: this.#isGrabbed };
    const wanted = spanAround(view, this.#held, options);
    if (wanted !== this.#held) this.#hold(wanted);
  }

  #hold(span: Span): void {
    const scale = this.#chart.timeScale();
    const dropped = this.#held.to - span.to;
    const position = scale.scrollPosition() + dropped;
    this.#held = span;
    this.#options.draw(this.drawn);
    if (dropped === 0) return;
    scale.scrollToPosition(position, false);
    this.#move();
  }
}
