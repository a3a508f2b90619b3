import { failureCooldown } from '../../domain/training-cooldown.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { deleteVersion, pruneVersions } from '../../models/artifact-cleanup.js';
import type { ModelArtifacts } from '../../models/model-artifacts.js';
import { openServingModel } from '../../models/serving-model.js';
import type { StoredModelRecord } from '../../storage/stores/model-row.js';
import type { Stores } from '../../storage/stores.js';
import { findPromotionRefusal } from '../attempt/promotion-refusal.js';
import type { TrainingOptions } from '../options/training-options.js';

const BYTES_A_MB = 2 ** 20;

export interface PublishedModelsOptions {
  readonly stores: Stores;
  readonly artifacts: ModelArtifacts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TrainingOptions;
  /** Aborts when the daemon stops: what is fetched by then is taken by the next one. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The daemon's side of models that workers trained on other hosts. Such a model has passed the gate and lies in the
 * artifact store. It serves once this host has its files: until then, and in an outage of the store, what served
 * before goes on.
 */
export class PublishedModels {
  readonly #options: PublishedModelsOptions;

  constructor(options: PublishedModelsOptions) {
    this.#options = options;
  }

  /** Those that wait. */
  list(withFiles: boolean): Promise<readonly StoredModelRecord[]> {
    const { stores, options } = this.#options;
    return stores.models.listPublished({ venue: options.venue, withFiles });
  }

  /**
   * Fetches the files, compares them and lets the model serve.
   *
   * @returns the record as it is then: serving, or rejected with the reason; undefined where it waits on, or another
   * process was first
   */
  async take(record: ModelRecord): Promise<ModelRecord | undefined> {
    const { artifacts, options } = this.#options;
    const { modelPath = '', manifestSha256 = '' } = record;
    const { modelsDir, maxModelMb } = options;
    try {
      await artifacts.fetch({ modelPath, manifestSha256 });
      await openServingModel({ record, modelsDir, maxFileBytes: maxModelMb * BYTES_A_MB });
    } catch (error) {
      // Health names what keeps the store from being used.
      if (error instanceof TransientError || error instanceof ConfigError) return undefined;
      if (!(error instanceof RejectedError)) throw error;
      return this.#refuse(record, `its files are refused: ${messageOf(error)}`);
    }
    return this.#options.signal?.aborted === true ? undefined : this.#promote(record);
  }

  async #promote(record: ModelRecord): Promise<ModelRecord | undefined> {
    const { stores, options, logger } = this.#options;
    const { modelsDir, modelVersionsKept: versionsKept } = options;
    const taken = await stores.transaction(async (tx) => {
      if (!(await isWaiting(tx, record))) return undefined;
      const refusal = await findPromotionRefusal(tx, record, {
        reason: record.verdict?.reason ?? '',
        parentUid: isIncrement(record) ? record.parentUid : undefined,
      });
      return refusal === undefined
        ? tx.models.promote(record.uid)
        : tx.models.update(record.uid, rejectionOf(record, refusal));
    });
    if (taken?.stage === 'serving') {
      const versions = { models: stores.models, modelsDir, logger };
      await pruneVersions(versions, { key: record, versionsKept });
    }
    if (taken?.stage === 'rejected') await this.#drop(taken);
    return taken;
  }

  async #refuse(record: ModelRecord, reason: string): Promise<ModelRecord | undefined> {
    const { stores, logger } = this.#options;
    const refused = await stores.transaction(async (tx) => {
      if (!(await isWaiting(tx, record))) return undefined;
      await tx.cooldowns.set(failureCooldown(record, reason, this.#options));
      return tx.models.update(record.uid, rejectionOf(record, reason));
    });
    if (refused === undefined) return undefined;
    logger.error(`[TRAIN] A model of a worker does not serve: ${reason}`, { model: record.uid });
    return this.#drop(refused);
  }

  /** Its folder here, if there is one; the store's copy goes with the next sweep. */
  async #drop(record: ModelRecord): Promise<ModelRecord> {
    const { stores, options, logger } = this.#options;
    await deleteVersion({ models: stores.models, modelsDir: options.modelsDir, logger }, record);
    return stores.models.get(record.uid);
  }
}

async function isWaiting(tx: Stores, { uid, ...key }: ModelRecord): Promise<boolean> {
  await tx.models.lock(key);
  const { stage, status } = await tx.models.get(uid);
  return stage === 'candidate' && status === 'active';
}

function isIncrement({ config }: ModelRecord): boolean {
  return config['mode'] === 'incremental';
}

function rejectionOf(record: ModelRecord, reason: string): Partial<ModelRecord> {
  const { gate } = record.verdict ?? { gate: 'baseline' as const };
  const verdict = { gate, isPromoted: false, reason };
  return { stage: 'rejected', status: 'archived', verdict, manifestSha256: undefined };
}
