import type { SplitTimes } from '../dataset/build-dataset.js';
import {
  toParams,
  toSelection,
  type CatBoostParams,
  type FeatureSelection,
} from './trainer-job.js';

/** Asks for one model of many instruments. */
export interface BaseModelJob {
  readonly kind: 'base_model';
  readonly uid: string;
  readonly bot: string;
  /** Absolute paths of what `writeFeatureFile` wrote, one for each member. */
  readonly members: readonly string[];
  /** Absolute path of a directory that does not exist yet. */
  readonly outputDir: string;
  readonly seed: number;
  /** The same for every member. */
  readonly cuts: PoolCuts;
  readonly params: CatBoostParams;
  readonly selection: FeatureSelection;
  /** Features that every member has. */
  readonly candidates: readonly string[];
  /** Most training rows that the selection looks at. */
  readonly selectionRows: number;
  /** Goes into the manifest under `model` as it is. */
  readonly describe: Readonly<Record<string, unknown>>;
}

/** Open times of rows, both ends included. */
export type PoolCuts = Omit<SplitTimes, 'testFrom'>;

/** The line that the trainer reads. */
export function toBaseModelJobLine(job: BaseModelJob): string {
  const { uid, bot, members, seed, cuts, candidates, describe } = job;
  const line = {
    ...{ job: uid, kind: job.kind, bot, members, seed, candidates, describe },
    output_dir: job.outputDir,
    cuts: {
      train_to: cuts.trainTo,
      validation_from: cuts.validationFrom,
      validation_to: cuts.validationTo,
    },
    params: toParams(job.params),
    selection: toSelection(job.selection),
    selection_rows: job.selectionRows,
  };
  return `${JSON.stringify(line)}\n`;
}
