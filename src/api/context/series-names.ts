import type { Series } from '../../domain/market.js';
import type { Clock } from '../../lib/clock.js';
import { sharedRead } from '../../lib/shared-read.js';

/** Names change hardly ever, and nearly every call asks for them. */
const MAX_AGE_MS = 1000;

export interface SeriesNamesOptions {
  readonly series: { list(filter: { readonly venue: string }): Promise<readonly Series[]> };
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** The series of a venue, for the names of its symbols: as they were read within the last second. */
export class SeriesNames {
  readonly #options: SeriesNamesOptions;
  readonly #reads = new Map<string, () => Promise<readonly Series[]>>();

  constructor(options: SeriesNamesOptions) {
    this.#options = options;
  }

  async list(venue: string): Promise<readonly Series[]> {
    const known = this.#reads.get(venue);
    return known === undefined ? this.listAnew(venue) : known();
  }

  /** For a name that is not found: its series may have begun a moment ago. */
  async listAnew(venue: string): Promise<readonly Series[]> {
    const { series, clock } = this.#options;
    const read = sharedRead(() => series.list({ venue }), { clock, maxAgeMs: MAX_AGE_MS });
    const found = await read();
    // A venue that someone made up is not worth remembering.
    if (found.length > 0) this.#reads.set(venue, read);
    return found;
  }
}
