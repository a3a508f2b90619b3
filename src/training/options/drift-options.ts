/** When a serving model counts as drifted, and what follows. */
export interface DriftOptions {
  /** Market time between two looks at a key. */
  readonly checkHours: number;
  /** Newest bars that are held against the training part. */
  readonly windowBars: number;
  /** Population stability index of the median feature above which a model has drifted. */
  readonly psi: number;
  /** Outcomes under which the live score says nothing. */
  readonly minSignals: number;
  /** Whether a model that has drifted is trained anew. */
  readonly isRetraining: boolean;
  /** Market time between two trainings for that reason. */
  readonly retrainHours: number;
}
