import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { Pin } from '../storage/stores/pin-store.js';
import type { Stores } from '../storage/stores.js';
import { deleteVersion } from './artifact-cleanup.js';
import type { ModelArtifacts } from './model-artifacts.js';
import { verifyModelArtifact } from './model-artifact.js';
import { openServingModel, type ServingModel } from './serving-model.js';
import { findFeatureChange } from './trust.js';

export interface ModelRegistryOptions {
  readonly stores: Stores;
  /** Brings a version's files here where they are not. Default: nowhere else are any. */
  readonly artifacts?: Pick<ModelArtifacts, 'fetch'> | undefined;
  readonly modelsDir: string;
  readonly maxFileBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Loads a model as serving would. */
  readonly prepare: (
    model: ServingModel,
  ) => Promise<{ readonly status: 'ready' } | { readonly detail: string }>;
  /** Called after it is stored that these models no longer serve; predictions stop when it resolves. */
  readonly onCleared: (key: ModelKey, records: readonly ModelRecord[]) => Promise<void>;
  /** Called after it is stored that this model serves its key. */
  readonly onServing: (record: ModelRecord) => Promise<void>;
}

/** What a person asked for, or why it was not done. */
export type RegistryAnswer<T> =
  | ({ readonly status: 'done' } & T)
  | { readonly status: 'refused' | 'missing'; readonly reason: string };

interface RolledBack {
  readonly record: ModelRecord;
  /** What served before. */
  readonly before: ModelRecord | undefined;
}

/** Requests of a person about models: clear, roll back, pin. */
export class ModelRegistry {
  readonly #options: ModelRegistryOptions;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
  }

  /**
   * Archives every model of a key, stops predictions with it and deletes the files, in this order: a kill
   * in between leaves files that the next start deletes, never a serving record without its files. A pin
   * goes with its model.
   *
   * @returns the records whose models were cleared, none where there was nothing to clear
   */
  async clear(key: ModelKey): Promise<readonly ModelRecord[]> {
    const { stores, logger, modelsDir, onCleared } = this.#options;
    const cleared = await stores.transaction(async (tx) => {
      await tx.models.lock(key);
      const versions = await tx.models.listVersions(key);
      const present = versions.filter(
        ({ modelPath, stage }) => modelPath !== undefined || stage === 'serving',
      );
      const archived: ModelRecord[] = [];
      for (const { uid } of present) archived.push(await tx.models.archive(uid));
      await this.#takePinOff(tx, key);
      return archived;
    });
    await onCleared(key, cleared);
    for (const record of cleared) {
      await deleteVersion({ models: stores.models, modelsDir, logger }, record);
    }
    if (cleared.length > 0) {
      logger.warn('Models cleared on request', { key: modelKeyText(key), models: cleared.length });
    }
    return cleared;
  }

  /**
   * Makes an earlier version serve again: the named one, or the newest that served before. Its files are
   * read, verified and loaded first, so that the model that serves goes on where they are damaged.
   */
  async rollback(key: ModelKey, modelUid?: string): Promise<RegistryAnswer<RolledBack>> {
    const { stores, logger, onServing } = this.#options;
    const pinned = refusePinned(await stores.pins.find(key), await stores.models.findServing(key));
    if (pinned !== undefined) return pinned;
    const target = findTarget(await stores.models.listVersions(key), modelUid);
    if (target === undefined) return missing(modelUid);
    const defect = await this.#findDefect(target);
    if (defect !== undefined) return refused(defect);
    const answer = await this.#serveAgain(key, target);
    if (answer.status !== 'done') return answer;
    const { record, before } = answer;
    logger.warn('Rolled back on request', {
      key: modelKeyText(key),
      modelUid: record.uid,
      instead_of: before?.uid ?? 'none',
    });
    await onServing(record);
    return answer;
  }

  /** Fetching and loading take a while, in which the version may have been cleared or another one pinned. */
  #serveAgain(key: ModelKey, { uid }: ModelRecord): Promise<RegistryAnswer<RolledBack>> {
    return this.#options.stores.transaction(async (tx) => {
      await tx.models.lock(key);
      const before = await tx.models.findServing(key);
      const pinned = refusePinned(await tx.pins.findLocked(key), before);
      if (pinned !== undefined) return pinned;
      if (findTarget(await tx.models.listVersions(key), uid) === undefined) return missing(uid);
      return { status: 'done', record: await tx.models.promote(uid), before };
    });
  }

  /** Keeps the serving model in place whatever is trained, or lets it be replaced again. */
  async pin(
    key: ModelKey,
    { isPinned, modelUid }: { readonly isPinned: boolean; readonly modelUid?: string | undefined },
  ): Promise<RegistryAnswer<{ readonly modelUid: string | undefined }>> {
    const { stores, clock } = this.#options;
    return stores.transaction(async (tx) => {
      await tx.models.lock(key);
      if (!isPinned) {
        await this.#takePinOff(tx, key);
        return { status: 'done', modelUid: undefined };
      }
      const serving = await tx.models.findServing(key);
      if (serving === undefined) return { status: 'missing', reason: 'no model serves' };
      if (modelUid !== undefined && modelUid !== serving.uid) {
        return refused(`model ${modelUid} does not serve: roll back to it first`);
      }
      await tx.pins.set(key, serving.uid, clock.marketMs());
      return { status: 'done', modelUid: serving.uid };
    });
  }

  async #takePinOff(tx: Stores, key: ModelKey): Promise<void> {
    if ((await tx.pins.findLocked(key)) === undefined) return;
    await tx.pins.set(key, undefined, this.#options.clock.marketMs());
  }

  /** Everything that would keep the version from serving, found before it does. */
  async #findDefect(record: ModelRecord): Promise<string | undefined> {
    const { artifacts, modelsDir, maxFileBytes, prepare } = this.#options;
    const change = findFeatureChange(record);
    if (change !== undefined) return `model ${record.uid}: ${change}`;
    try {
      const { modelPath = '', manifestSha256 = '' } = record;
      await artifacts?.fetch({ modelPath, manifestSha256 });
      const model = await openServingModel({ record, modelsDir, maxFileBytes });
      await verifyModelArtifact({ modelsDir, maxFileBytes, modelPath, manifestSha256 });
      const prepared = await prepare(model);
      return 'detail' in prepared ? prepared.detail : undefined;
    } catch (error) {
      return messageOf(error);
    }
  }
}

function refusePinned(
  pin: Pin | undefined,
  serving: ModelRecord | undefined,
): RegistryAnswer<never> | undefined {
  if (pin === undefined || pin.modelUid !== serving?.uid) return undefined;
  return refused(`model ${pin.modelUid} is pinned: take the pin off first`);
}

/** Newest first; only what passed the gate once and still has its files may serve again. */
function findTarget(
  versions: readonly ModelRecord[],
  modelUid: string | undefined,
): ModelRecord | undefined {
  const able = versions.filter(
    ({ stage, modelPath, manifestSha256 }) =>
      stage === 'superseded' && modelPath !== undefined && manifestSha256 !== undefined,
  );
  return modelUid === undefined ? able[0] : able.find(({ uid }) => uid === modelUid);
}

function missing(modelUid: string | undefined): RegistryAnswer<never> {
  const reason =
    modelUid === undefined
      ? 'no earlier version with its files is left'
      : `model ${modelUid} is no earlier version of this key with its files left`;
  return { status: 'missing', reason };
}

function refused(reason: string): RegistryAnswer<never> {
  return { status: 'refused', reason };
}
