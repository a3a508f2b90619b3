import type { ModelKey } from './model-key.js';

/** What the newest candles say about a serving model. */
export interface DriftReport {
  /** Undefined where features are not compared. */
  readonly medianPsi: number | undefined;
  /** The largest such index between stretches of the fit's own rows; reports of earlier versions have none. */
  readonly usualPsi?: number | undefined;
  readonly worst: readonly { readonly feature: string; readonly psi: number }[];
  readonly bars: number;
  /** Signals of the model whose outcome is known, and its skill on them, in nat. */
  readonly liveSignals: number;
  readonly liveSkill: number | undefined;
  /** Its one-sided 99 % upper bound; reports of earlier versions have none. */
  readonly liveSkillUpper?: number | undefined;
  /** Lower bound of its skill on the test part. */
  readonly testSkillLower: number | undefined;
  readonly isDrifted: boolean;
  /** In words. */
  readonly reason: string;
}

/** The last look at a key. Market times. */
export interface ModelDrift extends ModelKey {
  readonly modelUid: string;
  readonly checkedAt: number;
  /** When training was last queued because of it. */
  readonly retrainedAt: number | undefined;
  readonly report: DriftReport;
}
