import type { Knex } from 'knex';
import type { Clock } from '../../lib/clock.js';
import { TransientError } from '../../lib/errors.js';
import type { Database } from '../database/database.js';
import { databaseNow } from '../rows/database-now.js';

const TABLE = 'artifacts';
/** Whoever removes files has died when it took longer. */
const REMOVAL_LIMIT_MS = 600_000;
const MOST_LISTED = 1_000;

/**
 * Which files of models were put into the artifact store, by the manifest that names them. A row is stored before
 * its file is put, so that what a kill leaves there is known. Rows and their ages go by the database's clock.
 */
export class ArtifactLedger {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Notes that these files are about to be put, or are put again.
   *
   * @throws TransientError while one of them is being removed as unused
   */
  async register(manifestSha256: string, files: readonly string[]): Promise<void> {
    await this.#database.transaction(async (tx) => {
      const leaving = await tx.run((knex) => {
        const query = knex(TABLE)
          .whereIn('sha256', [...files])
          .select<Removal[]>('removing_at');
        // A removal that is just being decided is waited for.
        return tx.engine === 'mysql' ? query.forUpdate() : query;
      });
      if (leaving.some(({ removing_at: since }) => since !== null)) {
        throw new TransientError('The same file is just being removed from the artifact store');
      }
      const createdAt = this.#clock.wallMs();
      await tx.run((knex) => {
        const now = databaseNow(tx, knex, createdAt);
        const rows = files.map((sha256) => ({
          manifest_sha256: manifestSha256,
          sha256,
          put_at: now,
          row_version: 1,
          created_at: createdAt,
        }));
        const merged = { put_at: now, row_version: knex.raw('??.row_version + 1', [TABLE]) };
        return knex(TABLE).insert(rows).onConflict(['manifest_sha256', 'sha256']).merge(merged);
      });
    });
  }

  /** Manifests that no model of the database names and whose files were put longer ago than that. */
  async listUnused(graceMs: number): Promise<readonly string[]> {
    return this.#database.run((knex) =>
      this.#unused(knex, graceMs)
        .distinct('manifest_sha256')
        .limit(MOST_LISTED)
        .pluck<string[]>('manifest_sha256'),
    );
  }

  /** Makes this process the one that removes them. @returns false where they are used or another is at it */
  async claim(manifestSha256: string, graceMs: number): Promise<boolean> {
    const claimed = await this.#database.run((knex) => {
      const now = databaseNow(this.#database, knex, this.#clock.wallMs());
      return this.#unused(knex, graceMs)
        .where({ manifest_sha256: manifestSha256 })
        .update({ removing_at: now, row_version: knex.raw('row_version + 1') });
    });
    return claimed > 0;
  }

  /** The files of a claimed manifest that no other one shares. */
  async listRemovable(manifestSha256: string): Promise<readonly string[]> {
    return this.#database.run((knex) =>
      knex(TABLE)
        .where({ manifest_sha256: manifestSha256 })
        .whereNotIn(
          'sha256',
          knex(TABLE).whereNot({ manifest_sha256: manifestSha256 }).select('sha256'),
        )
        .pluck<string[]>('sha256'),
    );
  }

  /** They are removed. */
  async forget(manifestSha256: string): Promise<void> {
    await this.#database.run((knex) =>
      knex(TABLE).where({ manifest_sha256: manifestSha256 }).whereNotNull('removing_at').delete(),
    );
  }

  #unused(knex: Knex, graceMs: number): Knex.QueryBuilder {
    const now = databaseNow(this.#database, knex, this.#clock.wallMs());
    const named = (table: string): Knex.QueryBuilder =>
      knex(table)
        .whereNotNull('model_path')
        .whereNotNull('manifest_sha256')
        .select('manifest_sha256');
    return knex(TABLE)
      .where('put_at', '<', knex.raw('? - ?', [now, graceMs]))
      .where((removal) => {
        void removal
          .whereNull('removing_at')
          .orWhere('removing_at', '<', knex.raw('? - ?', [now, REMOVAL_LIMIT_MS]));
      })
      .whereNotIn('manifest_sha256', named('model_training_records'))
      .whereNotIn('manifest_sha256', named('pooled_models'))
      .whereNotIn('manifest_sha256', named('shadow_models'));
  }
}

interface Removal {
  readonly removing_at: number | null;
}
