import { AsyncLocalStorage } from 'node:async_hooks';

/** Databases of whose transactions code is running; undefined while nobody watches, as in the program. */
let opened: AsyncLocalStorage<ReadonlySet<object>> | undefined;

/**
 * From now on a statement past the transaction that is open is refused, on either engine. Tests watch, so that none is
 * written: on SQLite it would wait for ever. The program does not: it would cost every promise of the process.
 */
export function watchTransactions(): void {
  opened ??= new AsyncLocalStorage();
}

/** Runs what belongs to a transaction of this database. */
export function duringTransaction<T>(database: object, work: () => Promise<T>): Promise<T> {
  if (opened === undefined) return work();
  return opened.run(new Set([...(opened.getStore() ?? []), database]), work);
}

/** @throws Error where code of a transaction of this database is running */
export function assertOutside(database: object): void {
  if (opened?.getStore()?.has(database) !== true) return;
  throw new Error('A transaction is open here: use its own database, `stores.within(tx)`');
}
