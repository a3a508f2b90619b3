import { describe, expect, it } from 'vitest';
import { ConfigError, HaltError, RejectedError, TransientError } from '../lib/errors.js';
import { driverMessageOf, isDuplicateKey } from './connection/driver-errors.js';
import type { MysqlLocation } from './connection/location.js';
import { isMysqlRetryable, translateMysqlError, translateMysqlOpenError } from './mysql/errors.js';
import {
  isSqliteRetryable,
  translateSqliteError,
  translateSqliteOpenError,
} from './sqlite/errors.js';

const FILE = 'data/evenkeel.db';

const SERVER: MysqlLocation = {
  engine: 'mysql',
  host: 'db.example',
  port: 3306,
  user: 'trader',
  password: 'hunter2',
  database: 'evenkeel',
};

/** As a driver throws it and knex passes it on: the statement stands in front of the message. */
function driverError(code: string, message = 'what the driver says'): Error {
  return Object.assign(new Error(`insert into x values (?) - ${message}`), { code });
}

describe('an error of SQLite', () => {
  it.each([
    ['SQLITE_FULL', TransientError, 'disk'],
    ['SQLITE_BUSY', TransientError, 'locked'],
    ['SQLITE_BUSY_SNAPSHOT', TransientError, 'locked'],
    ['SQLITE_IOERR_WRITE', TransientError, 'fails'],
    ['SQLITE_READONLY_DBMOVED', TransientError, 'cannot be written'],
    ['SQLITE_CORRUPT', HaltError, 'damaged'],
    ['SQLITE_NOTADB', HaltError, 'damaged'],
    ['SQLITE_CONSTRAINT_UNIQUE', RejectedError, 'refused a row'],
    ['SQLITE_CONSTRAINT_DATATYPE', RejectedError, 'refused a row'],
    ['SQLITE_TOOBIG', RejectedError, 'refused a row'],
  ])('%s is named by the reaction that it asks for', (code, type, words) => {
    const cause = driverError(code);
    const translated = translateSqliteError(cause, FILE);
    expect(translated).toBeInstanceOf(type);
    expect(translated).toMatchObject({ cause });
    expect(String(translated)).toContain(words);
    expect(String(translated)).not.toContain('insert into');
  });

  it.each(['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_READONLY', 'SQLITE_CANTOPEN'])(
    '%s stops the start',
    (code) => {
      const translated = translateSqliteOpenError(driverError(code), FILE);
      expect(translated).toBeInstanceOf(ConfigError);
      expect(String(translated)).toContain(FILE);
    },
  );

  it('that is a defect of the program stays what it is', () => {
    const defect = driverError('SQLITE_ERROR', 'no such column: x');
    expect(translateSqliteError(defect, FILE)).toBe(defect);
    const plain = new Error('plain');
    expect(translateSqliteOpenError(plain, FILE)).toBe(plain);
  });

  it('is worth another try only when another process was faster', () => {
    expect(isSqliteRetryable(driverError('SQLITE_BUSY'))).toBe(true);
    expect(isSqliteRetryable(driverError('SQLITE_FULL'))).toBe(false);
    expect(isSqliteRetryable('text')).toBe(false);
  });
});

describe('an error of MySQL', () => {
  it.each([
    ['ECONNREFUSED', TransientError, 'does not answer'],
    ['PROTOCOL_CONNECTION_LOST', TransientError, 'does not answer'],
    ['ER_LOCK_DEADLOCK', TransientError, 'contended'],
    ['ER_LOCK_WAIT_TIMEOUT', TransientError, 'contended'],
    ['ER_CHECKREAD', TransientError, 'contended'],
    ['ER_RECORD_FILE_FULL', TransientError, 'full'],
    ['ER_OPTION_PREVENTS_STATEMENT', TransientError, 'read-only'],
    ['ER_NO_SUCH_TABLE', HaltError, 'lost its tables'],
    ['ER_DUP_ENTRY', RejectedError, 'refused a row'],
    ['ER_DATA_TOO_LONG', RejectedError, 'refused a row'],
    ['ER_NO_REFERENCED_ROW_2', RejectedError, 'refused a row'],
  ])('%s is named by the reaction that it asks for', (code, type, words) => {
    const translated = translateMysqlError(driverError(code), SERVER);
    expect(translated).toBeInstanceOf(type);
    expect(String(translated)).toContain(words);
    expect(String(translated)).not.toContain('hunter2');
  });

  it('that ends the connection counts as no answer, whatever its code', () => {
    const fatal = Object.assign(driverError('HANDSHAKE_NO_SSL_SUPPORT'), { fatal: true });
    expect(translateMysqlError(fatal, SERVER)).toBeInstanceOf(TransientError);
  });

  it.each([
    ['ER_ACCESS_DENIED_ERROR', 'MYSQL_PASSWORD'],
    ['ER_DBACCESS_DENIED_ERROR', 'GRANT ALL'],
    ['ER_TABLEACCESS_DENIED_ERROR', 'GRANT ALL'],
    ['ER_UNKNOWN_TIME_ZONE', 'MYSQL_TIMEZONE'],
  ])('%s stops the start with its fix', (code, fix) => {
    const translated = translateMysqlOpenError(driverError(code), SERVER);
    expect(translated).toBeInstanceOf(ConfigError);
    expect(String(translated)).toContain(fix);
  });

  it('is worth another try only when the server undid the statement', () => {
    expect(isMysqlRetryable(driverError('ER_LOCK_DEADLOCK'))).toBe(true);
    expect(isMysqlRetryable(driverError('ECONNRESET'))).toBe(false);
  });
});

describe('a driver’s error', () => {
  it('is quoted without the statement', () => {
    expect(driverMessageOf(driverError('X', 'disk I/O error'))).toBe('disk I/O error');
    expect(driverMessageOf(Object.assign(new Error('a - b'), { sqlMessage: 'c - d' }))).toBe(
      'c - d',
    );
    expect(driverMessageOf('text')).toBe('text');
  });

  it('is known as a duplicate key, also once it is translated', () => {
    const duplicate = driverError('SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(isDuplicateKey(translateSqliteError(duplicate, FILE))).toBe(true);
    expect(isDuplicateKey(driverError('ER_DUP_ENTRY'))).toBe(true);
    expect(isDuplicateKey(driverError('ER_NO_REFERENCED_ROW_2'))).toBe(false);
  });
});
