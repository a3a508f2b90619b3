import type { DayScore, Experiment, Trial, TrialScore } from '../../domain/experiment.js';
import type { Clock } from '../../lib/clock.js';
import type { InsertStatus, Page, Paged, Row } from '../connection/row.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { json, number, optional, rowCodec, text, type Field } from '../rows/row-codec.js';
import { insertOnce } from '../rows/write-rows.js';

export interface ExperimentFilter {
  readonly venue?: string | undefined;
  /** Bounds of the wall time of creation, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const EXPERIMENT = rowCodec<Experiment>({
  uid: text(),
  venue: text(),
  name: text(),
  bot: text(),
  symbols: json(),
  timeframes: json(),
  variants: json(),
  seeds: json(),
  sessionUid: text(),
  cutAt: number(),
  createdAt: number(),
});

const TRIAL = rowCodec<Trial>({
  uid: text(),
  experimentUid: text(),
  purpose: text(),
  variant: text(),
  seed: number(),
  cutAt: optional(number()),
  options: json(),
});

type DayTuple = readonly [number, number, number, number, number, number, number, number];

/** Numbers alone: a year of days is 20 KB. */
const tuples: Field<readonly DayTuple[]> = json();
const DAYS: Field<readonly DayScore[]> = {
  encode: (days) => tuples.encode(days.map(toTuple)),
  decode: (stored) => tuples.decode(stored).map(toDay),
};

const SCORE = rowCodec<TrialScore>({
  jobUid: text(),
  experimentUid: text(),
  trialUid: text(),
  symbol: text(),
  timeframe: text(),
  rowsHash: text(),
  days: DAYS,
  scoredAt: number(),
});

/** Experiments, how their jobs are trained, and how these did. */
export class ExperimentStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async insert(experiment: Experiment): Promise<void> {
    const values = { ...EXPERIMENT.encode(experiment), row_version: 1 };
    await this.#database.run((knex) => knex('experiments').insert(values));
  }

  async find(uid: string): Promise<Experiment | undefined> {
    const row = await this.#database.run((knex) =>
      knex('experiments').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : EXPERIMENT.decode(row);
  }

  /** Newest first. */
  list({ venue, from, to }: ExperimentFilter, page: Page): Promise<Paged<Experiment>> {
    const query = {
      table: 'experiments',
      equal: { venue },
      timeColumn: 'created_at',
      from,
      to,
      page,
    };
    return listRows(this.#database, query, (row) => EXPERIMENT.decode(row));
  }

  async insertTrial(trial: Trial): Promise<void> {
    const values = this.#isNew(TRIAL.encode(trial));
    await this.#database.run((knex) => knex('experiment_trials').insert(values));
  }

  async findTrial(uid: string): Promise<Trial | undefined> {
    const row = await this.#database.run((knex) =>
      knex('experiment_trials').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : TRIAL.decode(row);
  }

  /** In the order in which they were made. */
  async listTrials(experimentUid: string): Promise<readonly Trial[]> {
    const rows = await this.#database.run((knex) =>
      knex('experiment_trials')
        .where({ experiment_uid: experimentUid })
        .orderBy('id')
        .select<Row[]>('*'),
    );
    return rows.map((row) => TRIAL.decode(row));
  }

  /** Keeps the first score of a trial and series: a job that is run again brings the same. */
  insertScore(
    score: TrialScore,
  ): Promise<{ readonly status: InsertStatus; readonly row: TrialScore }> {
    const { trialUid: trial_uid, symbol, timeframe } = score;
    const values = this.#isNew(SCORE.encode(score));
    return insertOnce(this.#database, { table: 'experiment_scores', values }, async () => {
      const row = await this.#database.run((knex) =>
        knex('experiment_scores').where({ trial_uid, symbol, timeframe }).first<Row | undefined>(),
      );
      return row === undefined ? undefined : SCORE.decode(row);
    });
  }

  /** What the jobs of an experiment have brought so far, in the order in which they ended. */
  async listScores(experimentUid: string): Promise<readonly TrialScore[]> {
    const rows = await this.#database.run((knex) =>
      knex('experiment_scores')
        .where({ experiment_uid: experimentUid })
        .orderBy('id')
        .select<Row[]>('*'),
    );
    return rows.map((row) => SCORE.decode(row));
  }

  async countScores(experimentUid: string): Promise<number> {
    const row = await this.#database.run((knex) =>
      knex('experiment_scores')
        .where({ experiment_uid: experimentUid })
        .count({ scores: '*' })
        .first<Row | undefined>(),
    );
    return Number(row?.['scores'] ?? 0);
  }

  /** The hash of the rows on which the first job of a series was judged; undefined while none was. */
  async findRowsHash(
    experimentUid: string,
    { symbol, timeframe }: Pick<TrialScore, 'symbol' | 'timeframe'>,
  ): Promise<string | undefined> {
    const row = await this.#database.run((knex) =>
      knex('experiment_scores')
        .where({ experiment_uid: experimentUid, symbol, timeframe })
        .orderBy('id')
        .first<Row | undefined>('rows_hash'),
    );
    return row === undefined ? undefined : String(row['rows_hash']);
  }

  /** How many jobs of an experiment's trials there are in each status. */
  async tallyJobs(experimentUid: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.run((knex) =>
      knex('training_jobs')
        .whereIn(
          'trial_uid',
          knex('experiment_trials')
            .where({ experiment_uid: experimentUid, purpose: 'experiment' })
            .select('uid'),
        )
        .groupBy('status')
        .select<Row[]>('status', knex.raw('COUNT(*) AS jobs')),
    );
    return new Map(rows.map((row) => [String(row['status']), Number(row['jobs'])]));
  }

  #isNew(values: Record<string, unknown>): Record<string, unknown> {
    return { ...values, row_version: 1, created_at: this.#clock.wallMs() };
  }
}

function toTuple(day: DayScore): DayTuple {
  return [
    day.day,
    day.rows,
    day.loss,
    day.priorLoss,
    day.directionRows,
    day.directionLoss,
    day.directionPriorLoss,
    day.directionHits,
  ];
}

function toDay(tuple: DayTuple): DayScore {
  const [day, rows, loss, priorLoss, directionRows, directionLoss, directionPriorLoss] = tuple;
  return {
    day,
    rows,
    loss,
    priorLoss,
    directionRows,
    directionLoss,
    directionPriorLoss,
    directionHits: tuple[7],
  };
}
