import type { Task } from '../domain/bots.js';
import { messageOf, RejectedError } from '../lib/errors.js';
import { InferenceSession, Tensor } from './onnx-runtime.js';

/** Tensors of answers: their names, and how many values each has for a row. */
const PROBABILITIES = { name: 'probability_tensor', width: 3 } as const;
const RETURN = { name: 'expected_return', width: 1 } as const;

interface Output {
  readonly name: string;
  readonly width: number;
}

/** What is known of a model before its file is opened. */
export interface ModelForm {
  readonly task: Task;
  /** Consecutive rows that it reads to answer for the last of them. */
  readonly windowRows: number;
}

const OF_ROWS: ModelForm = { task: 'classifier', windowRows: 1 };

/**
 * A loaded model. It answers with three probabilities, or with one expected return; a classifier may expect a return
 * as well, which then is the fourth value.
 */
export interface OnnxSession {
  /** Values of an answer: 3, 1, or 4. */
  readonly width: number;
  /**
   * @param values row-major, finite: for each answer one row of the model's features, or the rows of one window
   * @param answers how many are asked for. Of a model of windows one: a matrix product rounds by how many rows it
   *   has, and a bar is answered the same whichever bars are asked about with it
   */
  run(values: Float32Array, answers: number): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * Loads a model, checks the form of its input and output and runs it once, so that the first real
 * row is as fast as any other. One thread, no arena: a model of ours costs 1 to 2 MB.
 *
 * @throws RejectedError when the bytes are no such model
 */
export async function createOnnxSession(
  bytes: Uint8Array,
  columns: number,
  { task, windowRows }: ModelForm = OF_ROWS,
): Promise<OnnxSession> {
  const inference = await load(bytes);
  try {
    const inputName = checkInput(inference, columns, windowRows);
    const outputs = findOutputs(inference, task);
    const session = toOnnxSession(inference, { inputName, columns, windowRows, outputs });
    await session.run(new Float32Array(columns * windowRows), 1);
    return session;
  } catch (error) {
    await inference.release();
    if (error instanceof RejectedError) throw error;
    throw new RejectedError(`The model does not run: ${messageOf(error)}`, { cause: error });
  }
}

async function load(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      enableCpuMemArena: false,
      enableMemPattern: false,
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new RejectedError(`The model cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
}

/** @returns the input's name */
function checkInput(inference: InferenceSession, columns: number, windowRows: number): string {
  const [input, ...moreInputs] = inference.inputMetadata;
  if (input === undefined || moreInputs.length > 0) {
    throw new RejectedError(`The model has ${inference.inputNames.length} inputs, expected 1`);
  }
  const isMatrix = input.isTensor && input.type === 'float32' && input.shape.length === 2;
  const [rows, width] = input.isTensor ? input.shape : [];
  if (!isMatrix || width !== columns) {
    throw new RejectedError(`The model reads ${String(width)} features, expected ${columns}`);
  }
  // The form by rows leaves their number open.
  if (windowRows > 1 && rows !== windowRows) {
    throw new RejectedError(`The model reads ${String(rows)} rows at once, expected ${windowRows}`);
  }
  return input.name;
}

function findOutputs({ outputNames }: InferenceSession, task: Task): readonly Output[] {
  const main = task === 'classifier' ? PROBABILITIES : RETURN;
  if (!outputNames.includes(main.name)) {
    throw new RejectedError(
      `The model has outputs ${outputNames.join(', ')}, expected ${main.name}`,
    );
  }
  const hasBoth = task === 'classifier' && outputNames.includes(RETURN.name);
  return hasBoth ? [main, RETURN] : [main];
}

interface Form {
  readonly inputName: string;
  readonly columns: number;
  readonly windowRows: number;
  readonly outputs: readonly Output[];
}

function toOnnxSession(inference: InferenceSession, form: Form): OnnxSession {
  return {
    width: form.outputs.reduce((sum, output) => sum + output.width, 0),
    run: (values, answers) => runOnce(inference, form, { values, answers }),
    release: () => inference.release(),
  };
}

async function runOnce(
  inference: InferenceSession,
  { inputName, columns, windowRows, outputs }: Form,
  { values, answers }: { readonly values: Float32Array; readonly answers: number },
): Promise<Float32Array> {
  const rows = answers * windowRows;
  const input = new Tensor('float32', values, [rows, columns]);
  const names = outputs.map(({ name }) => name);
  const found = await inference.run({ [inputName]: input }, names);
  const [first, ...more] = outputs.map(({ name, width }) => {
    const data = found[name]?.data;
    if (data instanceof Float32Array && data.length === answers * width) return data;
    throw new RejectedError(
      `The model answers ${String(data?.length)} values of ${name} for ${rows} rows`,
    );
  });
  if (first === undefined) throw new RejectedError('The model has no output');
  return more.length === 0 ? first : join([first, ...more], answers);
}

/** Lays the answers of several outputs side by side. */
function join(parts: readonly Float32Array[], answers: number): Float32Array {
  const width = parts.reduce((sum, part) => sum + part.length, 0) / answers;
  const joined = new Float32Array(answers * width);
  let offset = 0;
  for (const part of parts) {
    const own = part.length / answers;
    for (let row = 0; row < answers; row++) {
      joined.set(part.subarray(row * own, (row + 1) * own), row * width + offset);
    }
    offset += own;
  }
  return joined;
}
