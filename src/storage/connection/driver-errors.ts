/** What the errors of both drivers have in common. Each engine's `errors.ts` gives them their class. */

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

/** Throws what `translate` makes of a driver's error; what better-sqlite3 throws at once becomes a rejection. */
export async function translating<T>(
  work: () => T | PromiseLike<T>,
  translate: (error: unknown) => unknown,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}
