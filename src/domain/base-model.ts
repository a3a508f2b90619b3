import type { ModelKey } from './model-key.js';

/** `fitting`: its job is at it, or died over it. */
export type BaseModelStatus = 'fitting' | 'ready' | 'failed';

/** What instruments may share: everything of a model's key but the symbol. */
export type BaseModelKey = Omit<ModelKey, 'symbol'>;

/** One model of many instruments, fitted once in a session; its members' own models are residuals on it. */
export interface BaseModel extends BaseModelKey {
  readonly uid: string;
  /** Of the session whose jobs share it, in an experiment of their trial. */
  readonly sessionUid: string;
  readonly jobUid: string;
  readonly status: BaseModelStatus;
  /** How often it was begun by a process that then died, and this time. */
  readonly attempt: number;
  /** Why there is none. */
  readonly reason: string | undefined;
  /** Market time. */
  readonly trainedAt: number | undefined;
  /** Close time of the newest candle that the judged fit has seen in any way. */
  readonly cutAt: number | undefined;
  /** The same of the refit, which serves. */
  readonly dataEnd: number | undefined;
  /** In the order of the columns. */
  readonly features: readonly string[];
  /** Market time of the choice of features; reuse keeps the older one. */
  readonly selectedAt: number | undefined;
  readonly selectedBy: string | undefined;
  readonly catalogueHash: string | undefined;
  readonly referenceSymbol: string | undefined;
  readonly horizonBars: number;
  /** Unified symbols of those whose rows it has seen. */
  readonly members: readonly string[];
  /** Folder below the models' folder. */
  readonly modelPath: string | undefined;
  readonly manifestSha256: string | undefined;
  /** Parameters, seed, trees, rows, who was left out and why, durations, memory, library versions. */
  readonly config: Readonly<Record<string, unknown>>;
}
