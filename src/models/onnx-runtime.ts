import { createRequire } from 'node:module';
import type * as runtime from 'onnxruntime-node';

/**
 * The only place that loads onnxruntime-node. From 1.29 on its library for Linux reports every model
 * that is loaded to its maker, and keeps a database for that in the home folder, unless the process's
 * environment forbids it by the time it is loaded. Threads must share that environment (`SHARE_ENV`).
 *
 * It is required, not awaited: where a thread ends while a module of it awaits at its top level, V8 ends the whole
 * process (nodejs/node#53238). ESLint forbids such an await.
 */
// eslint-disable-next-line no-restricted-syntax -- not a setting: it configures a library
process.env['ORT_DISABLE_TELEMETRY'] = '1';

const { InferenceSession, Tensor } = createRequire(import.meta.url)(
  'onnxruntime-node',
) as typeof runtime;

type InferenceSession = runtime.InferenceSession;

export { InferenceSession, Tensor };
