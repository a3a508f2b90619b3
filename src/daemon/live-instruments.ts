import type { Instrument } from '../domain/market.js';
import type { Instruments } from './choose-instruments.js';

/** What the daemon works on now. Readers hold this object, so that all of them see the same choice. */
export class LiveInstruments implements Instruments {
  readonly contextOnly: Instruments['contextOnly'];
  readonly primary: Instruments['primary'];
  readonly reference: Instruments['reference'];
  readonly timeframes: Instruments['timeframes'];
  readonly tradeTimeframe: Instruments['tradeTimeframe'];
  readonly tradeBot: Instruments['tradeBot'];
  #all: readonly Instrument[];
  #refused: readonly string[];

  constructor(instruments: Instruments) {
    this.contextOnly = instruments.contextOnly;
    this.primary = instruments.primary;
    this.reference = instruments.reference;
    this.timeframes = instruments.timeframes;
    this.tradeTimeframe = instruments.tradeTimeframe;
    this.tradeBot = instruments.tradeBot;
    this.#all = instruments.all;
    this.#refused = instruments.refused;
  }

  get all(): readonly Instrument[] {
    return this.#all;
  }

  get refused(): readonly string[] {
    return this.#refused;
  }

  /** Symbols of all whose candles are collected. */
  get collected(): readonly string[] {
    return [...this.#all, ...this.contextOnly].map(({ symbol }) => symbol);
  }

  find(symbol: string): Instrument | undefined {
    return this.#all.find((instrument) => instrument.symbol === symbol);
  }

  change({ all, refused }: Pick<Instruments, 'all' | 'refused'>): void {
    this.#all = all;
    this.#refused = refused;
  }
}
