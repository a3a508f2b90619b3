import type { RowSource } from './row-source.js';

/** A connection for reading alone, for a worker thread: it blocks nobody but its own thread. */
export interface Reader extends RowSource {
  /** Closes once; may be called again. */
  close(): Promise<void>;
}
