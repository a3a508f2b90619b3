/** What both drivers put on what they throw. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  /** MySQL's own words, without the statement that knex puts in front of `message`. */
  readonly sqlMessage?: string;
}

/** SQLite's result code (`SQLITE_FULL`) or MySQL's symbol (`ER_DUP_ENTRY`) or the socket's (`ECONNRESET`). */
export function driverCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as DriverError;
  return typeof code === 'string' ? code : undefined;
}

/** The driver's words without the statement: knex joins both with ` - `, the statement first. */
export function driverMessageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { sqlMessage, message } = error as DriverError;
  if (sqlMessage !== undefined) return sqlMessage;
  return message.slice(message.lastIndexOf(' - ') + 1).replace(/^- /, '');
}

/** A row with that key is already there. */
export function isDuplicateKey(error: unknown): boolean {
  const code = driverCodeOf(error instanceof Error && error.cause ? error.cause : error);
  return (
    code === 'SQLITE_CONSTRAINT_UNIQUE' ||
    code === 'SQLITE_CONSTRAINT_PRIMARYKEY' ||
    code === 'ER_DUP_ENTRY'
  );
}
