import type { Prediction } from '../../domain/signal.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { insertOnce } from '../rows/write-rows.js';
import { listRows } from '../rows/list-rows.js';
import { number, rowCodec, text } from '../rows/row-codec.js';
import type { InsertStatus, Page, Paged, Row, Stored } from '../connection/row.js';

export interface PredictionFilter {
  readonly venue?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  readonly modelUid?: string | undefined;
  /** Bounds of the candle's open time, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

type Flat = Omit<Prediction, 'probabilities'> & { pSell: number; pHold: number; pBuy: number };

const PREDICTION = rowCodec<Stored<Flat>>({
  id: number(),
  uid: text(),
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  modelUid: text(),
  featureHash: text(),
  candleOpenTime: number(),
  pSell: number(),
  pHold: number(),
  pBuy: number(),
  expectedReturn: number(),
  latencyUs: number(),
  predictedAt: number(),
  createdAt: number(),
});

/** What models said: once for each model, instrument and candle. */
export class PredictionStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The prediction that stands: the first one for its model, instrument and candle. */
  async insert(
    prediction: Prediction,
  ): Promise<{ readonly status: InsertStatus; readonly prediction: Stored<Prediction> }> {
    const { probabilities, ...rest } = prediction;
    const [pSell, pHold, pBuy] = probabilities;
    const values = PREDICTION.encodePart({
      ...rest,
      pSell,
      pHold,
      pBuy,
      createdAt: this.#clock.wallMs(),
    });
    const inserted = await insertOnce(this.#database, { table: 'predictions', values }, () =>
      this.find(prediction),
    );
    return { status: inserted.status, prediction: inserted.row };
  }

  async find({
    modelUid,
    symbol,
    candleOpenTime,
  }: Pick<Prediction, 'modelUid' | 'symbol' | 'candleOpenTime'>): Promise<
    Stored<Prediction> | undefined
  > {
    const row = await this.#database.run((knex) =>
      knex('predictions')
        .where({ model_uid: modelUid, candle_open_time: candleOpenTime, symbol })
        .first<Row | undefined>(),
    );
    return row === undefined ? undefined : decode(row);
  }

  list(filter: PredictionFilter, page: Page): Promise<Paged<Stored<Prediction>>> {
    const { venue, symbol, timeframe, bot, modelUid, from, to } = filter;
    const equal = { venue, symbol, timeframe, bot, model_uid: modelUid };
    const query = { table: 'predictions', equal, timeColumn: 'candle_open_time', from, to, page };
    return listRows(this.#database, query, decode);
  }
}

function decode(row: Row): Stored<Prediction> {
  const { pSell, pHold, pBuy, ...rest } = PREDICTION.decode(row);
  return { ...rest, probabilities: [pSell, pHold, pBuy] };
}
