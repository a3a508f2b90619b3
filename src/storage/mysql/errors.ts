import { ConfigError, HaltError, RejectedError, TransientError } from '../../lib/errors.js';
import { driverCodeOf, driverMessageOf } from '../connection/driver-errors.js';
import { locationText, type MysqlLocation } from '../connection/location.js';

/** The server is not there, or went away. */
const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
]);

/** The statement was undone by the server in favour of another one: 1205, 1213, 1020. */
const RETRYABLE_CODES = new Set(['ER_LOCK_WAIT_TIMEOUT', 'ER_LOCK_DEADLOCK', 'ER_CHECKREAD']);

/** What was there at the start is not there any more. */
const GONE_CODES = new Set(['ER_NO_SUCH_TABLE', 'ER_BAD_DB_ERROR']);

const FULL_CODES = new Set(['ER_DISK_FULL', 'ER_RECORD_FILE_FULL', 'ER_ERROR_ON_WRITE']);

const READ_ONLY_CODES = new Set([
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
]);

const BAD_ROW_CODES = new Set([
  'ER_DUP_ENTRY',
  'ER_DATA_TOO_LONG',
  'ER_WARN_DATA_OUT_OF_RANGE',
  'ER_TRUNCATED_WRONG_VALUE',
  'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
  'ER_BAD_NULL_ERROR',
  'ER_NO_DEFAULT_FOR_FIELD',
  'ER_NO_REFERENCED_ROW',
  'ER_NO_REFERENCED_ROW_2',
  'ER_ROW_IS_REFERENCED',
  'ER_ROW_IS_REFERENCED_2',
  'WARN_DATA_TRUNCATED',
]);

/** Names what happened on a running server by the reaction that it asks for. */
export function translateMysqlError(error: unknown, location: MysqlLocation): unknown {
  // The driver's word for a connection that is closed already has no code, but is fatal.
  const code = driverCodeOf(error) ?? (isFatal(error) ? 'CLOSED' : undefined);
  if (code === undefined) return error;
  const message = driverMessageOf(error);
  const where = locationText(location);
  const cause = { cause: error };
  // Databases and their rights are looked at first when a connection begins: these are fatal too.
  if (GONE_CODES.has(code)) {
    return new HaltError(`MySQL at ${where} lost its tables: ${message}`, cause);
  }
  if (code === 'ER_NET_PACKET_TOO_LARGE') {
    return new RejectedError(
      `MySQL at ${where} refused a row as too large: ${message}. Raise max_allowed_packet at the server`,
      cause,
    );
  }
  if (CONNECTION_CODES.has(code) || isFatal(error)) {
    return new TransientError(`MySQL at ${where} does not answer: ${message} (${code})`, cause);
  }
  if (RETRYABLE_CODES.has(code)) {
    return new TransientError(`MySQL at ${where} is contended: ${message}`, cause);
  }
  if (FULL_CODES.has(code)) {
    return new TransientError(`The disk of MySQL at ${where} is full: ${message}`, cause);
  }
  if (READ_ONLY_CODES.has(code)) {
    return new TransientError(`MySQL at ${where} is read-only: ${message}`, cause);
  }
  if (BAD_ROW_CODES.has(code)) {
    return new RejectedError(`The database refused a row: ${message}`, cause);
  }
  // The server's words, without the statement that the driver puts in front of them.
  return new Error(`MySQL at ${where} refuses a statement: ${message} (${code})`, cause);
}

/** The same while opening: what a person must fix first is a `ConfigError` that names the fix. */
export function translateMysqlOpenError(error: unknown, location: MysqlLocation): unknown {
  const cause = { cause: error };
  const mistake = findMistake(error, location);
  if (mistake !== undefined) return new ConfigError(mistake, cause);
  const absence = findAbsence(error, location);
  if (absence !== undefined) return new TransientError(absence, cause);
  return translateMysqlError(error, location);
}

/** What a person has to fix before another try makes sense. */
function findMistake(error: unknown, location: MysqlLocation): string | undefined {
  const { user, host, database, charset, timezone } = location;
  const message = driverMessageOf(error);
  if (error instanceof TypeError && message.startsWith('Unknown charset')) {
    return `MYSQL_CHARSET=${charset}: ${message}. Use utf8mb4`;
  }
  switch (driverCodeOf(error)) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return `MySQL refuses user ${user}: ${message}. Check MYSQL_USER and MYSQL_PASSWORD${plainHint(location)}`;
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
      return `MySQL user ${user} has no rights on ${database}: ${message}. Run as an administrator: GRANT ALL ON \`${database}\`.* TO the user`;
    case 'ER_SECURE_TRANSPORT_REQUIRED':
      return `MySQL at ${host} lets nobody in without TLS: ${message}. Set MYSQL_SSL=require, or verify with MYSQL_SSL_CA`;
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return `MySQL at ${host} offers no TLS, which MYSQL_SSL=${location.ssl?.mode} asks for. Turn it on at the server, or set MYSQL_SSL=off where the network is safe`;
    case 'HANDSHAKE_SSL_ERROR':
      return `MySQL at ${host}: no encrypted connection comes about: ${message}. ${tlsHint(message)}`;
    case 'ER_HOST_NOT_PRIVILEGED':
      return `MySQL at ${host} lets nobody in from this machine: ${message}. Create the user for this host`;
    case 'ER_UNKNOWN_TIME_ZONE':
      return `MYSQL_TIMEZONE=${timezone}: ${message}. Use +00:00`;
    case 'ENOTFOUND':
      return `MYSQL_HOST=${host} is not known to the name service. Check its spelling`;
    default:
      return undefined;
  }
}

/** MariaDB 10.11 answers a plain connection where it demands TLS as if the password were wrong. */
function plainHint({ ssl }: MysqlLocation): string {
  const isPlain = ssl === undefined || ssl.mode === 'off';
  return isPlain ? '; a server that demands TLS answers the same: set MYSQL_SSL=require' : '';
}

function tlsHint(message: string): string {
  if (/altname|does not match/i.test(message)) {
    return 'Set MYSQL_HOST to a name in the certificate';
  }
  if (/self[- ]signed|issuer|unable to verify|expired/i.test(message)) {
    return "Set MYSQL_SSL_CA to the file with the certificate that signed the server's, or look at its dates";
  }
  return 'Check MYSQL_SSL_CERT and MYSQL_SSL_KEY, and which versions of TLS the server speaks';
}

/** A server that may be there later. */
function findAbsence(error: unknown, { host, port }: MysqlLocation): string | undefined {
  const where = `MySQL at ${host}:${port}`;
  switch (driverCodeOf(error)) {
    case 'ECONNREFUSED':
      return `${where} does not answer: nothing listens there (ECONNREFUSED). Start the server, or check MYSQL_HOST and MYSQL_PORT`;
    case 'ETIMEDOUT':
    case 'PROTOCOL_SEQUENCE_TIMEOUT':
      return `${where} does not answer in time (ETIMEDOUT). See that the server is not stuck, that no firewall is in between, and check MYSQL_HOST and MYSQL_PORT`;
    case 'ER_CON_COUNT_ERROR':
    case 'ER_TOO_MANY_USER_CONNECTIONS':
    case 'ER_USER_LIMIT_REACHED':
      return `${where} has no connection left. Raise its max_connections or the user's, or lower MYSQL_POOL_SIZE`;
    default:
      return undefined;
  }
}

/** Whether the same statement, or the transaction from its start, may simply be tried again. */
export function isMysqlRetryable(error: unknown): boolean {
  const code = driverCodeOf(error);
  return code !== undefined && RETRYABLE_CODES.has(code);
}

export function isMysqlDiskFull(error: unknown): boolean {
  return FULL_CODES.has(driverCodeOf(error) ?? '');
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && (error as { fatal?: boolean }).fatal === true;
}

/** What was under way when the connection was lost: by itself a write, or the end of a transaction. */
export type UnderWay = 'write' | 'commit';

const LOST_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
]);

const underWay = Symbol('under way');

/** The server is not there, went away, or gives no answer: the connection is of no more use. */
export function isConnectionLost(error: unknown): boolean {
  const code = driverCodeOf(error);
  if (code !== undefined) return LOST_CODES.has(code);
  return error instanceof Error && (error as { fatal?: boolean }).fatal === true;
}

/** Notes on the driver's error what may have been carried out although no answer came. */
export function markUnrepeatable(error: unknown, what: UnderWay): void {
  if (error instanceof Error) Object.assign(error, { [underWay]: what });
}

/**
 * Whether work whose connection was lost may be done again from its start without being done twice.
 * The server undoes a transaction whose commit it did not receive, so only a lost answer to the commit
 * leaves it open; a statement of its own may be repeated when it only reads, or was never sent.
 */
export function isSafeToRepeat(
  error: unknown,
  { isTransaction }: { isTransaction: boolean },
): boolean {
  if (!isConnectionLost(error)) return false;
  const what = (error as { [underWay]?: UnderWay })[underWay];
  return what === undefined || (isTransaction && what === 'write');
}
