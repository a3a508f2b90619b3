import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { limitsOf, readMysqlTypes } from './mysql-schema.js';
import { readTableShapes } from './table-shapes.js';

const shapes = readTableShapes();

/** Tables that the schema's statements make, by their text. */
const made = MIGRATIONS.flatMap((step) => step.statements('mysql')).flatMap(
  (sql) => /^CREATE TABLE IF NOT EXISTS `(\w+)`/.exec(sql)?.[1] ?? [],
);

describe('the tables of a transfer', () => {
  it('are all that the schema makes but for leases and notifications, which belong to one database', () => {
    expect(shapes.map(({ name }) => name).sort()).toEqual(
      made.filter((name) => name !== 'leases' && name !== 'notifications').sort(),
    );
  });

  it('come after those that they refer to', () => {
    const names = shapes.map(({ name }) => name);
    for (const { name, parents } of shapes) {
      for (const parent of parents) expect(names.indexOf(parent)).toBeLessThan(names.indexOf(name));
    }
    expect(shapes.find(({ name }) => name === 'market_data')?.parents).toEqual(['series']);
    expect(shapes.find(({ name }) => name === 'fills')?.parents).toEqual(['orders']);
  });

  it('know rows by a uid or a natural key, never by a local id', () => {
    for (const { name, identity, columns } of shapes) {
      expect(
        columns.some((column) => column.name === 'id'),
        name,
      ).toBe(false);
      expect(identity.length, name).toBeGreaterThan(0);
    }
    const identityOf = (name: string) => shapes.find((table) => table.name === name)?.identity;
    expect(identityOf('market_data')).toEqual(['series_id', 'open_time']);
    expect(identityOf('series')).toEqual(['venue', 'symbol', 'timeframe']);
    expect(identityOf('equity')).toEqual(['venue', 'account', 'at']);
    expect(identityOf('positions')).toEqual(['uid']);
  });

  it('all know which of two rows is the newer one', () => {
    for (const { name, versions } of shapes) expect(versions.length, name).toBeGreaterThan(0);
    const versionsOf = (name: string) => shapes.find((table) => table.name === name)?.versions;
    expect(versionsOf('market_data')).toEqual(['revision', 'created_at']);
    expect(versionsOf('positions')).toEqual(['row_version', 'created_at']);
  });

  it('name what only one row may hold', () => {
    const exclusive = shapes.flatMap((table) =>
      table.exclusive.map((name) => `${table.name}.${name}`),
    );
    expect(exclusive).toEqual([
      'model_training_records.serving_key',
      'fills.venue_trade_id',
      'training_jobs.open_key',
    ]);
  });
});

describe('the types on MySQL', () => {
  it('are known for every column', () => {
    const types = readMysqlTypes();
    for (const { name, columns } of shapes) {
      const missing = columns.filter((column) => types.get(name)?.get(column.name) === undefined);
      expect(missing, name).toEqual([]);
    }
  });

  it('limit what SQLite takes without a limit', () => {
    expect(limitsOf('market_data')).toEqual([
      { column: 'revision', most: 32_767n },
      { column: 'source', most: 127n },
    ]);
    expect(limitsOf('runs')).toContainEqual({ column: 'uid', most: 26n });
  });
});
