import type { GeneratedPair } from './pairs.js';
import type { MarketFactor } from './market-factor.js';
import { gaussianAt, keyOf, SmoothNoise, uniformAt } from './noise.js';
import { driftOf, PlantedPattern, volumeTiltOf, wickFactorsOf } from './planted-pattern.js';

/** Hours of a block, within which everything is computed at once. */
export const BLOCK_HOURS = 168;

/** Values of an hour in a block, one after the other: O, H, L, C in ticks, volume in steps. */
export const HOUR_FIELDS = 5;

/** Part of the way back to the pair's long-run price that the drift of a block covers. */
const PULL_PER_BLOCK = 0.05;

/** An hour trades at least this many steps, so that each of its minutes gets some. */
const LEAST_STEPS = 240;

/** No hour moves further than this (log). */
const LARGEST_RETURN = 0.3;

export interface HourBarsOptions {
  readonly seed: string;
  readonly pair: GeneratedPair;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly market: MarketFactor;
  readonly hasPattern: boolean;
}

interface HourMove {
  readonly volatility: number;
  readonly logReturn: number;
  readonly pressure: number;
}

/**
 * The skeleton of a generated pair: its 1h bars, by blocks of 168 hours. Each hour's shock, volatility,
 * volume and wicks are random numbers with random access; only the price level accumulates, and is
 * remembered at the bounds of the blocks. The answers do not depend on the order of the questions.
 */
export class HourBars {
  readonly #key: number;
  readonly #pattern: PlantedPattern;
  readonly #volatility: SmoothNoise;
  readonly #activity: SmoothNoise;
  /** Log price at the beginning of block b, relative to the long-run price. */
  readonly #levels: number[] = [0];

  readonly #options: HourBarsOptions;

  constructor(options: HourBarsOptions) {
    this.#options = options;
    const key = keyOf(`${options.seed}/${options.pair.base}`);
    this.#key = key;
    this.#pattern = new PlantedPattern(key, options.hasPattern);
    this.#volatility = new SmoothNoise({ key, channel: 21, period: 60 });
    this.#activity = new SmoothNoise({ key, channel: 22, period: 40 });
  }

  /** The hours of the block as `HOUR_FIELDS` whole numbers each. */
  block(block: number): Float64Array {
    const { pair, priceDecimals } = this.#options;
    const bars = new Float64Array(BLOCK_HOURS * HOUR_FIELDS);
    const basis = pair.price * 10 ** priceDecimals;
    let level = this.#levelAt(block);
    const pull = pullFrom(level);
    let openTicks = toTicks(basis, level);
    for (let position = 0; position < BLOCK_HOURS; position++) {
      const hour = block * BLOCK_HOURS + position;
      const move = this.#moveOf(hour, pull);
      level += move.logReturn;
      const closeTicks = toTicks(basis, level);
      this.#write(bars, position, { hour, move, openTicks, closeTicks });
      openTicks = closeTicks;
    }
    return bars;
  }

  #levelAt(block: number): number {
    for (let known = this.#levels.length - 1; known < block; known++) {
      let level = this.#levels[known] ?? 0;
      const pull = pullFrom(level);
      for (let hour = known * BLOCK_HOURS; hour < (known + 1) * BLOCK_HOURS; hour++) {
        level += this.#moveOf(hour, pull).logReturn;
      }
      this.#levels.push(level);
    }
    return this.#levels[block] ?? 0;
  }

  #moveOf(hour: number, pull: number): HourMove {
    const { pair, market } = this.#options;
    const { shock, logVolatility } = market.at(hour);
    const volatility =
      pair.hourlyVolatility * Math.exp(logVolatility + 0.2 * this.#volatility.at(hour));
    const heaviness = Math.exp(0.4 * gaussianAt(this.#key, hour, 1) - 0.16);
    const own = heaviness * gaussianAt(this.#key, hour, 0);
    const correlation = pair.marketCorrelation;
    const mixed = correlation * shock + Math.sqrt(1 - correlation * correlation) * own;
    const pressure = this.#pattern.pressureAt(hour);
    const logReturn = volatility * (mixed + driftOf(pressure)) + pull;
    const limited = Math.min(Math.max(logReturn, -LARGEST_RETURN), LARGEST_RETURN);
    return { volatility, logReturn: limited, pressure };
  }

  #write(bars: Float64Array, position: number, at: WrittenHour): void {
    const { openTicks, closeTicks, move, hour } = at;
    const wick = wickFactorsOf(move.pressure);
    const unit = 0.4 * move.volatility * closeTicks;
    const upper = -Math.log(uniformAt(this.#key, hour, 4)) * wick.upper * unit;
    const lower = -Math.log(uniformAt(this.#key, hour, 5)) * wick.lower * unit;
    const offset = position * HOUR_FIELDS;
    bars[offset] = openTicks;
    bars[offset + 1] = Math.max(openTicks, closeTicks) + Math.round(upper);
    bars[offset + 2] = Math.max(1, Math.min(openTicks, closeTicks) - Math.round(lower));
    bars[offset + 3] = closeTicks;
    bars[offset + 4] = this.#volumeSteps(hour, move);
  }

  /** Turnover follows volatility, the size of the move and noise of its own. */
  #volumeSteps(hour: number, { volatility, logReturn, pressure }: HourMove): number {
    const { pair, quantityDecimals } = this.#options;
    const logFactor =
      0.8 * Math.log(volatility / pair.hourlyVolatility) +
      0.4 * (Math.abs(logReturn) / volatility - 0.8) +
      0.35 * this.#activity.at(hour) +
      0.25 * gaussianAt(this.#key, hour, 3) +
      volumeTiltOf(pressure, logReturn);
    const typicalSteps = (pair.hourlyTurnover / pair.price) * 10 ** quantityDecimals;
    return Math.max(LEAST_STEPS, Math.round(typicalSteps * Math.exp(logFactor)));
  }
}

interface WrittenHour {
  readonly hour: number;
  readonly move: HourMove;
  readonly openTicks: number;
  readonly closeTicks: number;
}

function toTicks(basis: number, level: number): number {
  return Math.max(1, Math.round(basis * Math.exp(level)));
}

/** Drift of an hour (log) towards the long-run price, fixed for a block. */
function pullFrom(level: number): number {
  return (-PULL_PER_BLOCK * level) / BLOCK_HOURS;
}
