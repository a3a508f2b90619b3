import type { RowSource } from './row-source.js';

/** A connection for reading alone, for a worker: it blocks nobody but itself. */
export interface Reader extends RowSource {
  /** Closes once; may be called again. */
  close(): Promise<void>;
}
