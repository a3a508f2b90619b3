import type { TrainerManifest } from './trainer-manifest.js';

/**
 * Why there is no model. The first five come from the trainer. `crashed`, `hung` and `bad_output` are seen from
 * outside, and so is `memory` where the group was killed at its limit.
 */
export type TrainerFailureCode =
  | 'bad_job'
  | 'bad_file'
  | 'too_few_rows'
  | 'memory'
  | 'internal'
  | 'crashed'
  | 'hung'
  | 'bad_output'
  | 'no_python'
  | 'cancelled';

export interface TrainerDone {
  readonly status: 'done';
  readonly outputDir: string;
  readonly manifestSha256: string;
  readonly manifest: TrainerManifest;
  readonly durationMs: number;
  /** Highest resident memory of the group during the job, in MB of 2^20 bytes. */
  readonly peakRssMb: number;
}

export interface TrainerFailed {
  readonly status: 'failed';
  readonly code: TrainerFailureCode;
  readonly message: string;
  /** Whether the very same job may well succeed in a fresh process. */
  readonly isRetryable: boolean;
}

export type TrainerOutcome = TrainerDone | TrainerFailed;

const RETRYABLE: ReadonlySet<TrainerFailureCode> = new Set([
  'crashed',
  'hung',
  'memory',
  'bad_output',
]);

export function failed(code: TrainerFailureCode, message: string): TrainerFailed {
  return { status: 'failed', code, message, isRetryable: RETRYABLE.has(code) };
}
