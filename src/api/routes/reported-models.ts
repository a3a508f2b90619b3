import { shownOfConfig } from '../answers/models.js';
import type { ApiStores, StoredRecord } from '../context/api-context.js';

interface ModelSource {
  readonly stores: {
    readonly models: Pick<ApiStores['models'], 'listReportedVersions' | 'findMany'>;
  };
}

interface Kept {
  readonly rowVersion: number;
  readonly record: StoredRecord;
}

/**
 * The newest model of each key and the one that serves. To read a record takes a third of a millisecond and few change
 * between two reports, so that what a report shows of them is kept.
 */
export class ReportedModels {
  readonly #context: ModelSource;
  readonly #kept = new Map<string, ReadonlyMap<string, Kept>>();

  constructor(context: ModelSource) {
    this.#context = context;
  }

  /** In the order of the keys, of a key the newest last. Without the parts of `config` that no report shows. */
  async list(venue: string): Promise<readonly StoredRecord[]> {
    const { models } = this.#context.stores;
    const versions = await models.listReportedVersions(venue);
    const known = this.#kept.get(venue);
    const isKnown = ({ uid, rowVersion }: (typeof versions)[number]): boolean =>
      known?.get(uid)?.rowVersion === rowVersion;
    const changed = versions.filter((one) => !isKnown(one)).map(({ uid }) => uid);
    const read = new Map((await models.findMany(changed)).map((one) => [one.uid, one]));
    const kept = new Map<string, Kept>();
    for (const { uid, rowVersion } of versions) {
      const record = read.get(uid);
      const one =
        record === undefined ? known?.get(uid) : { rowVersion, record: withoutRest(record) };
      // One that was deleted meanwhile is in neither.
      if (one !== undefined) kept.set(uid, one);
    }
    // A venue that someone made up is not worth remembering.
    if (kept.size > 0) this.#kept.set(venue, kept);
    return [...kept.values()].map(({ record }) => record);
  }
}

/** The rest of the free part is the largest part of a record by far. */
function withoutRest(record: StoredRecord): StoredRecord {
  return { ...record, config: shownOfConfig(record.config) };
}
