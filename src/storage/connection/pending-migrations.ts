import type { Migration } from '../../../migrations/ddl.js';
import { ConfigError } from '../../lib/errors.js';

/**
 * The steps that a database has not taken yet. A step that this program does not know was taken by a
 * newer one, whose rows this one might misread: refused.
 */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly string[],
  place: string,
): readonly Migration[] {
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new ConfigError(
      `The schema of ${place} is newer than this program (step ${unknown}): update the program, or restore a backup made before its update`,
    );
  }
  const taken = new Set(applied);
  return migrations.filter((migration) => !taken.has(migration.name));
}

/** The database lacks steps of the schema, which this process may not make. */
export class MissingSchemaError extends ConfigError {
  override readonly name = 'MissingSchemaError';
  /** What is missing where, in words. */
  readonly lack: string;

  constructor(lack: string) {
    super(
      `AUTO_CREATE_SCHEMA=false, but ${lack}. Start once with AUTO_CREATE_SCHEMA=true npm start; an empty MySQL server can also be given it by mysql -u root -p < docs/mysql_schema.sql`,
    );
    this.lack = lack;
  }
}

/** Where the schema is made by hand, nothing is made without being asked for. */
export function mayNotCreate(place: string, pending: readonly Migration[]): MissingSchemaError {
  const [first, last] = [pending.at(0)?.name, pending.at(-1)?.name];
  const steps = first === last ? `step ${first}` : `steps ${first} to ${last}`;
  return new MissingSchemaError(`${place} lacks ${steps} of the schema`);
}
