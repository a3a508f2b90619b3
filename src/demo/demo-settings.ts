import type { GeneratedSourceOptions } from './generator/generated-source.js';
import type { EmptyBars } from './market.js';

/** What determines a demo market and how it is played. All but `dataDir` has a default. */
export interface DemoSettings {
  /** `DATA_DIR`: market time is kept in its folder `demo`. */
  readonly dataDir: string;
  /** Folder of candle files to replay (`DEMO_DATA`); without it the generator is used. */
  readonly data?: string | undefined;
  /** `DEMO_SEED` of the generator. Default 1. */
  readonly seed?: string | number | undefined;
  /** `DEMO_START`: ISO 8601 or epoch milliseconds at which a run begins. */
  readonly start?: string | number | undefined;
  /** `DEMO_SPEED`: market milliseconds in a wall millisecond. Default 360. */
  readonly speed?: number | undefined;
  /** Port on 127.0.0.1; 0 takes a free one. Default 0. */
  readonly port?: number | undefined;
  /** Generator: false leaves out the planted pattern. Default true. */
  readonly hasPattern?: GeneratedSourceOptions['hasPattern'];
  /** Generator: open times of the first bar of pairs that are listed later, by market id. */
  readonly births?: GeneratedSourceOptions['births'];
  /** How bars without a trade are shown. Default `omit`. */
  readonly emptyBars?: EmptyBars | undefined;
  /** Request weight of a minute. Default 6000, as Binance's. */
  readonly weightPerMinute?: number | undefined;
  /** Opens the control route for tests to who sends this token in `x-demo-token`. Default: none. */
  readonly controlToken?: string | undefined;
}
