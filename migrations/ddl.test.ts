import { describe, expect, it } from 'vitest';
import { createTable } from './ddl.js';

const BY_ID = createTable('0001_fills', {
  name: 'fills',
  columns: { uid: 'uid', order_uid: 'uid', price: 'decimal', note: 'text?', at: 'time' },
  unique: [['uid']],
  indexes: [['at', 'uid']],
  references: { order_uid: 'orders.uid' },
});

const BY_KEY = createTable('0002_leases', {
  name: 'leases',
  columns: { venue: 'venue', factor: 'double', is_held: 'flag' },
  primaryKey: ['venue'],
});

describe('createTable', () => {
  it('writes a strict table and its indexes for SQLite', () => {
    const [table, index] = BY_ID.statements('sqlite');
    expect(table?.split('\n').map((line) => line.trim())).toEqual([
      'CREATE TABLE IF NOT EXISTS `fills` (',
      '`id` INTEGER PRIMARY KEY,',
      '`uid` TEXT NOT NULL,',
      '`order_uid` TEXT NOT NULL,',
      '`price` TEXT NOT NULL,',
      '`note` TEXT NULL,',
      '`at` INTEGER NOT NULL,',
      'UNIQUE (`uid`),',
      'FOREIGN KEY (`order_uid`) REFERENCES `orders` (`uid`)',
      ') STRICT',
    ]);
    expect(index).toBe('CREATE INDEX IF NOT EXISTS `fills_by_at_uid` ON `fills` (`at`, `uid`)');
  });

  it('writes one statement with everything in it for MySQL', () => {
    const statements = BY_ID.statements('mysql');
    expect(statements).toHaveLength(1);
    expect(statements[0]?.split('\n').map((line) => line.trim())).toEqual([
      'CREATE TABLE IF NOT EXISTS `fills` (',
      '`id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,',
      '`uid` VARCHAR(26) NOT NULL,',
      '`order_uid` VARCHAR(26) NOT NULL,',
      '`price` VARCHAR(96) NOT NULL,',
      '`note` MEDIUMTEXT NULL,',
      '`at` BIGINT NOT NULL,',
      'UNIQUE KEY `u0` (`uid`),',
      'KEY `i0` (`at`, `uid`),',
      'FOREIGN KEY (`order_uid`) REFERENCES `orders` (`uid`)',
      ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
    ]);
  });

  it('stores rows in the order of a natural key where there is one', () => {
    const [table] = BY_KEY.statements('sqlite');
    expect(table).toContain('PRIMARY KEY (`venue`)');
    expect(table).not.toContain('`id`');
    expect(table).toMatch(/STRICT, WITHOUT ROWID$/);
    expect(BY_KEY.statements('mysql')[0]).toContain('`factor` DOUBLE NOT NULL');
  });
});
