import {
  CandlestickSeries,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type Time,
} from 'lightweight-charts';
import { colourOf, paleColourOf } from '../../lib/colours';
import { priceDigits } from '../../lib/format';
import { stopOf } from '../../lib/held-result';
import type { Bar, Fill, Position, Signal } from '../../lib/use-market-data';
import { markersOf } from './markers';

const CLASSES = ['sell', 'hold', 'buy'] as const;

export interface Marks {
  readonly signals: ReadonlyMap<number, Signal>;
  readonly fills: readonly Fill[];
}

/** Candles, volume and probabilities of a market on a chart, with what was thought and done on them. */
export class MarketDrawing {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #probabilities: readonly ISeriesApi<'Line'>[];
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  #lines: readonly IPriceLine[] = [];

  constructor(chart: IChartApi) {
    this.#chart = chart;
    this.#candles = chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#volume = addVolume(chart);
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
    this.#probabilities = CLASSES.map((name) => addProbability(chart, name));
    chart.panes()[0]?.setStretchFactor(0.74);
    chart.panes()[1]?.setStretchFactor(0.26);
    // Narrower ones cannot be told apart, and so many of them cannot be given to the chart in one frame.
    chart.timeScale().applyOptions({ minBarSpacing: 1 });
    this.#markers = createSeriesMarkers<Time>(this.#candles, []);
  }

  /** In the colours of the page. */
  paint(): void {
    const [up, down] = [colourOf('--up'), colourOf('--down')];
    this.#candles.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    this.#volume.applyOptions({ color: paleColourOf('--line-strong', '66') });
    const colours = [down, colourOf('--line-strong'), up];
    this.#probabilities.forEach((line, at) => line.applyOptions({ color: colours[at] ?? up }));
  }

  /** Draws these bars in place of others, without marks. */
  setBars(bars: readonly Bar[]): void {
    const precision = priceDigits(bars.at(-1)?.close ?? 0);
    this.#candles.applyOptions({
      priceFormat: { type: 'price', precision, minMove: 10 ** -precision },
    });
    // Alone on the chart, the candles make its times at once; beside others, the times of both would be merged
    // each time that one of them changes. The cross would be looked for among all of them as often.
    this.#chart.clearCrosshairPosition();
    this.#markers.setMarkers([]);
    for (const series of [this.#volume, ...this.#probabilities]) series.setData([]);
    this.#candles.setData([...bars]);
    this.#volume.setData(bars.map(({ time, volume: value }) => ({ time, value })));
  }

  append(bars: readonly Bar[]): void {
    for (const bar of bars) {
      this.#candles.update(bar);
      this.#volume.update({ time: bar.time, value: bar.volume });
    }
  }

  /** @param bars those that are drawn */
  setMarks(bars: readonly Bar[], { signals, fills }: Marks): void {
    this.#probabilities.forEach((line, at) => {
      const name = CLASSES[at] ?? 'hold';
      line.setData(
        bars.flatMap(({ time }) => {
          const value = signals.get(time)?.probabilities?.[name];
          return value === undefined ? [] : [{ time, value: 100 * value }];
        }),
      );
    });
    // Last: they keep the places of their bars among the times of all series.
    this.#markers.setMarkers(markersOf(bars, signals, fills));
  }

  setLines(position: Position | undefined): void {
    for (const line of this.#lines) this.#candles.removePriceLine(line);
    const levels = [
      ['Entry', position?.entry_price, '--focus'],
      ['Stop', position && stopOf(position), '--down'],
      ['Target', position?.target_price, '--up'],
    ] as const;
    this.#lines = levels.flatMap(([title, text, colour]) => {
      if (!text) return [];
      const options = { price: Number(text), title, color: colourOf(colour) };
      return [
        this.#candles.createPriceLine({
          ...options,
          lineStyle: LineStyle.Dashed,
          axisLabelVisible: true,
        }),
      ];
    });
  }

  /** The cross goes to a bar; away where there is none. */
  pointAt(bar: Bar | undefined): void {
    if (bar === undefined) this.#chart.clearCrosshairPosition();
    else this.#chart.setCrosshairPosition(bar.close, bar.time, this.#candles);
  }
}

function addVolume(chart: IChartApi): ISeriesApi<'Histogram'> {
  const volume = chart.addSeries(HistogramSeries, {
    ...{ priceScaleId: 'volume', priceFormat: { type: 'volume' as const } },
    ...{ lastValueVisible: false, priceLineVisible: false },
  });
  chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  return volume;
}

function addProbability(chart: IChartApi, name: string): ISeriesApi<'Line'> {
  return chart.addSeries(
    LineSeries,
    {
      ...{ title: name.toUpperCase(), lineWidth: 1 as const, priceLineVisible: false },
      priceFormat: {
        type: 'custom',
        formatter: (value: number) => `${value.toFixed(0)} %`,
        minMove: 1,
      },
    },
    1,
  );
}
