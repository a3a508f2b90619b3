import type { Knex } from 'knex';

/** A knex that is connected, migrated and set up, with what closes it. */
export interface OpenedKnex {
  readonly knex: Knex;
  readonly close: () => Promise<void>;
}
