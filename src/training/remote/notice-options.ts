import type { TrainingNotice } from '../../domain/training-notice.js';
import type { TrainingOptions } from '../options/training-options.js';

/** What only the daemon needs, and what is each machine's own. */
type Own = 'modelsDir' | 'workDir' | 'pauseFile' | 'schedules' | 'drift';

/** The part of the options that every worker must have as the daemon has it. */
export function toNoticeOptions(options: TrainingOptions): TrainingNotice['options'] {
  const { symbols } = options;
  const own: Record<Own, undefined> = {
    modelsDir: undefined,
    workDir: undefined,
    pauseFile: undefined,
    schedules: undefined,
    drift: undefined,
  };
  // As it is stored: without what is undefined.
  return JSON.parse(JSON.stringify({ ...options, symbols, ...own })) as TrainingNotice['options'];
}

/** The daemon's options with the folders of this machine. */
export function fromNoticeOptions(
  { options }: Pick<TrainingNotice, 'options'>,
  own: Pick<TrainingOptions, 'modelsDir' | 'workDir' | 'pauseFile'>,
): TrainingOptions {
  // Written by `toNoticeOptions` of the same version: the version is compared before.
  return { ...(options as unknown as Omit<TrainingOptions, Own>), ...own };
}
