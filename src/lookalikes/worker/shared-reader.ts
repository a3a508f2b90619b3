import type { DatabaseLocation } from '../../storage/connection/location.js';
import type { Reader } from '../../storage/connection/connections.js';
import { openReader } from '../../storage/reader/open-reader.js';

/** Longer than the pause between two series of one close. */
const IDLE_MS = 5_000;

/**
 * One connection for the series that are read one after the other: at a close that is all of them, and a MySQL server
 * would otherwise be logged in to a hundred times. Not kept for longer, so that neither a server that ends idle
 * connections nor a database file that is put in place of another matters.
 */
export class SharedReader {
  #reader: Reader | undefined;
  #idle: NodeJS.Timeout | undefined;

  /**
   * One call at a time. After a failure the next call connects anew.
   *
   * @throws as `openReader` does, and what `read` throws
   */
  async use<T>(location: DatabaseLocation, read: (reader: Reader) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    this.#reader ??= await openReader(location);
    try {
      const result = await read(this.#reader);
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
      return result;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const reader = this.#reader;
    this.#reader = undefined;
    // A connection that is broken cannot be ended in good order, and need not be.
    await reader?.close().catch(() => undefined);
  }
}
