import type { ModelKey } from './model-key.js';
import type { ModelRecord } from './model-record.js';
import type { Probabilities } from './signal.js';

/** `training` until its model is there; `answering` beside the serving model; the others are ends. */
export type ShadowStatus = 'training' | 'answering' | 'failed' | 'promoted' | 'removed';

/** A variant's model that answers live beside the serving model of its key. It decides nothing. */
export interface ShadowModel extends ModelKey {
  readonly uid: string;
  readonly experimentUid: string;
  readonly variant: string;
  /** How it is trained: the trial of its job. */
  readonly trialUid: string;
  readonly status: ShadowStatus;
  /** Why it failed; of one that answers, why it said nothing of the newest candle. */
  readonly reason: string | undefined;
  /** As it would be stored if it were promoted; with the gate's verdict. */
  readonly record: ModelRecord | undefined;
  /** Folder below the models' folder, and the hash of its manifest, while its files are kept. */
  readonly modelPath: string | undefined;
  readonly manifestSha256: string | undefined;
  /** Wall times. */
  readonly createdAt: number;
  readonly endedAt: number | undefined;
}

/** What a shadow model said of one candle. */
export interface ShadowAnswer {
  readonly shadowUid: string;
  readonly candleOpenTime: number;
  readonly probabilities: Probabilities;
  readonly expectedReturn: number;
  readonly latencyUs: number;
  /** Market time. */
  readonly answeredAt: number;
}
