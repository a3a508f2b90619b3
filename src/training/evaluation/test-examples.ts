import type { OnnxSession } from '../../models/onnx-session.js';
import { NO_LABEL } from '../dataset/dataset-summary.js';
import { readFeatureRows, type FeatureRows } from '../dataset/feature-rows.js';
import type { RowRange } from '../dataset/split.js';

/** Rows of a test part that a model is judged on, and what it reads to answer for each. */
export interface TestExamples extends Omit<FeatureRows, 'values'> {
  /** What the model reads for the first of them. */
  readonly first: Float32Array;
  /** The session's answers to all of them. */
  answer(session: OnnxSession): Promise<Float32Array>;
}

export interface TestPart {
  readonly featuresFile: string;
  /** Names in the order of the model's columns. */
  readonly features: readonly string[];
  readonly test: RowRange;
  /** Rows that the model reads to answer for the last of them. */
  readonly windowRows: number;
}

/** Reads the rows of a test part, with those before it that the first windows begin in. */
export async function readTestExamples(part: TestPart): Promise<TestExamples> {
  const { featuresFile, features, test, windowRows } = part;
  if (windowRows > 1) return readWindows(part);
  const rows = await readFeatureRows(featuresFile, features, test);
  return {
    ...rows,
    first: rows.values.subarray(0, features.length),
    answer: (session) => session.run(rows.values, rows.labels.length),
  };
}

async function readWindows(part: TestPart): Promise<TestExamples> {
  const { featuresFile, features, test, windowRows } = part;
  const from = Math.max(0, test.from - windowRows + 1);
  const rows = await readFeatureRows(featuresFile, features, { from, to: test.to });
  const ends = Array.from({ length: test.to - test.from }, (_, at) => test.from - from + at).filter(
    (end) => end >= windowRows - 1 && rows.labels[end] !== NO_LABEL,
  );
  const windowAt = (end: number): Float32Array =>
    rows.values.subarray((end - windowRows + 1) * features.length, (end + 1) * features.length);
  return {
    labels: Int32Array.from(ends, (end) => rows.labels[end] ?? NO_LABEL),
    forwardReturns: Float32Array.from(ends, (end) => rows.forwardReturns[end] ?? NaN),
    openTimes: Float64Array.from(ends, (end) => rows.openTimes[end] ?? NaN),
    first: windowAt(ends[0] ?? windowRows - 1),
    answer: async (session) => {
      const answers = new Float32Array(ends.length * session.width);
      for (const [at, end] of ends.entries()) {
        answers.set(await session.run(windowAt(end), 1), at * session.width);
      }
      return answers;
    },
  };
}
