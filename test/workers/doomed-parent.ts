/** Starts a worker process, says its id and waits to be killed: for tests of what is left then. */
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { SystemClock } from '../../src/lib/clock.js';
import { WorkerChannel } from '../../src/lib/workers/worker-channel.js';
import { childEnvironments } from '../../src/lib/child-environments.js';
import { startProcess } from '../../src/lib/workers/worker.js';
import { KeptLogger } from '../models/kept-logger.js';
import type { EchoRequest } from './echo-worker.js';

const channel = new WorkerChannel<EchoRequest, string>({
  name: 'echo',
  startWorker: startProcess,
  environment: childEnvironments(process.env).worker,
  url: compiledUrl(import.meta.url, './echo-worker.js'),
  clock: new SystemClock(),
  logger: new KeptLogger(),
  callTimeoutMs: 60_000,
  maxOldGenerationMb: 24,
});
process.send?.(await channel.call({ kind: 'describe' }));
await channel.call({ kind: 'silence' });
