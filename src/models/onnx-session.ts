import type { Task } from '../domain/bots.js';
import { messageOf, RejectedError } from '../lib/errors.js';
import { InferenceSession, Tensor } from './onnx-runtime.js';

/** What a model of each task answers: the tensor's name and how many values a row has. */
const OUTPUTS: Readonly<Record<Task, { readonly name: string; readonly width: number }>> = {
  classifier: { name: 'probability_tensor', width: 3 },
  regressor: { name: 'expected_return', width: 1 },
};

/** How many values a model of the task answers for one row. */
export function outputWidth(task: Task): number {
  return OUTPUTS[task].width;
}

/** A loaded model: rows of features in; three probabilities or one expected return a row out. */
export interface OnnxSession {
  /** @param values row-major, `rows` × the model's number of features; must all be finite */
  run(values: Float32Array, rows: number): Promise<Float32Array>;
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
  task: Task = 'classifier',
): Promise<OnnxSession> {
  const inference = await load(bytes);
  try {
    const inputName = checkForm(inference, columns, task);
    const session = toOnnxSession(inference, { inputName, columns, task });
    await session.run(new Float32Array(columns), 1);
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
function checkForm(inference: InferenceSession, columns: number, task: Task): string {
  const [input, ...moreInputs] = inference.inputMetadata;
  if (input === undefined || moreInputs.length > 0) {
    throw new RejectedError(`The model has ${inference.inputNames.length} inputs, expected 1`);
  }
  const isMatrix = input.isTensor && input.type === 'float32' && input.shape.length === 2;
  const width = input.isTensor ? input.shape[1] : undefined;
  if (!isMatrix || width !== columns) {
    throw new RejectedError(`The model reads ${String(width)} features, expected ${columns}`);
  }
  const { name } = OUTPUTS[task];
  if (!inference.outputNames.includes(name)) {
    throw new RejectedError(
      `The model has outputs ${inference.outputNames.join(', ')}, expected ${name}`,
    );
  }
  return input.name;
}

function toOnnxSession(
  inference: InferenceSession,
  form: { readonly inputName: string; readonly columns: number; readonly task: Task },
): OnnxSession {
  const { inputName, columns, task } = form;
  const { name, width } = OUTPUTS[task];
  return {
    async run(values, rows) {
      const input = new Tensor('float32', values, [rows, columns]);
      const outputs = await inference.run({ [inputName]: input }, [name]);
      const data = outputs[name]?.data;
      if (!(data instanceof Float32Array) || data.length !== rows * width) {
        throw new RejectedError(
          `The model answers ${String(data?.length)} values for ${rows} rows`,
        );
      }
      return data;
    },
    release: () => inference.release(),
  };
}
