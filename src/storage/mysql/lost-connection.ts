import { driverCodeOf } from '../engine/driver-error.js';

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
 * The server undoes a transaction that it was not told to commit, so only a lost answer to the commit
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
