import type { TrainingControl } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { upsertRow } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

/** Whether a person has paused or stopped each venue's queue. */
export class ControlStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * @param options.isLocked inside a transaction: no other one changes it before that has ended
   */
  async find(
    venue: string,
    { isLocked = false }: { readonly isLocked?: boolean } = {},
  ): Promise<TrainingControl> {
    const row = await this.#database.run((knex) => {
      const query = knex('training_control').where({ venue });
      // SQLite has one writer at a time anyway.
      return (isLocked ? query.forUpdate() : query).first<Row | undefined>();
    });
    return { isPaused: row?.['is_paused'] === 1, isStopped: row?.['is_stopped'] === 1 };
  }

  /** Sets both in one statement, so that of two callers at the same time one wins as a whole. */
  async set(venue: string, control: Partial<TrainingControl>): Promise<void> {
    const { isPaused, isStopped } = control;
    const values: Record<string, unknown> = { venue };
    if (isPaused !== undefined) values['is_paused'] = isPaused ? 1 : 0;
    if (isStopped !== undefined) values['is_stopped'] = isStopped ? 1 : 0;
    await upsertRow(this.#database, {
      table: 'training_control',
      key: ['venue'],
      values,
      whenNew: { is_paused: 0, is_stopped: 0, created_at: this.#clock.wallMs() },
    });
  }
}
