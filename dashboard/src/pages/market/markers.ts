import type { SeriesMarker, Time } from 'lightweight-charts';
import { colourOf, paleColourOf } from '../../lib/colours';
import { secondsOf, type Bar, type Fill, type Signal } from '../../lib/use-market-data';
import { lastPlace } from './bar-window';

/** Signals and fills at the bars that hold them, oldest first: the chart takes no other order. */
export function markersOf(
  bars: readonly Bar[],
  signals: ReadonlyMap<number, Signal>,
  fills: readonly Fill[],
): SeriesMarker<Time>[] {
  const marks = [...signalMarks(bars, signals), ...fillMarks(bars, fills)];
  return marks.sort((one, other) => Number(one.time) - Number(other.time));
}

function signalMarks(
  bars: readonly Bar[],
  signals: ReadonlyMap<number, Signal>,
): SeriesMarker<Time>[] {
  const colours = {
    BUY: { model: colourOf('--up'), fallback: paleColourOf('--up', '66') },
    SELL: { model: colourOf('--down'), fallback: paleColourOf('--down', '66') },
  };
  return bars.flatMap(({ time }) => {
    const signal = signals.get(time);
    if (signal === undefined || signal.prediction === 'HOLD') return [];
    const isBuy = signal.prediction === 'BUY';
    return [
      {
        time,
        position: isBuy ? ('belowBar' as const) : ('aboveBar' as const),
        shape: isBuy ? ('arrowUp' as const) : ('arrowDown' as const),
        color: colours[signal.prediction][signal.fallback ? 'fallback' : 'model'],
        size: signal.fallback ? 0.6 : 0.9,
      },
    ];
  });
}

/** A fill lies inside a bar; it is shown at the bar that holds it. */
function fillMarks(bars: readonly Bar[], fills: readonly Fill[]): SeriesMarker<Time>[] {
  const color = colourOf('--focus');
  return fills.flatMap(({ side, filled_at }) => {
    const bar = bars[lastPlace(bars, secondsOf(filled_at))];
    if (bar === undefined) return [];
    const isBuy = side === 'buy';
    return [
      {
        time: bar.time,
        position: 'inBar' as const,
        shape: isBuy ? ('circle' as const) : ('square' as const),
        color,
        text: isBuy ? 'bought' : 'sold',
        size: 1,
      },
    ];
  });
}
