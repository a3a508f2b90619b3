import type { TrainingControl } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import type { Row } from '../engine/row.js';

/** What a person wants of each venue's queue. */
export class ControlStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * @param options.isLocked inside a transaction: no other one changes it before that has ended
   */
  async find(
    venue: string,
    { isLocked = false }: { readonly isLocked?: boolean } = {},
  ): Promise<TrainingControl> {
    const row = await this.database.run((knex) => {
      const query = knex('training_control').where({ venue });
      // SQLite has one writer at a time anyway.
      return (isLocked ? query.forUpdate() : query).first<Row | undefined>();
    });
    return { isPaused: row?.['is_paused'] === 1, isStopped: row?.['is_stopped'] === 1 };
  }

  /** Both are set in one statement: of two that race, one has the last word. */
  async set(venue: string, control: Partial<TrainingControl>): Promise<void> {
    const { isPaused, isStopped } = control;
    const columns = {
      ...(isPaused === undefined ? {} : { is_paused: isPaused ? 1 : 0 }),
      ...(isStopped === undefined ? {} : { is_stopped: isStopped ? 1 : 0 }),
    };
    const createdAt = this.clock.wallMs();
    await this.database.run((knex) =>
      knex('training_control')
        .insert({ venue, is_paused: 0, is_stopped: 0, row_version: 0, created_at: createdAt })
        .onConflict('venue')
        .merge(['venue']),
    );
    await this.database.run((knex) =>
      knex('training_control')
        .where({ venue })
        .update({ ...columns, row_version: knex.raw('row_version + 1') }),
    );
  }
}
