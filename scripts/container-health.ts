import { readEnvironment, readSettings } from '../config/read-settings.js';
import { fetchDaemon } from '../src/commands/daemon-client.js';

/** The health check of a container: 0 while the daemon answers and does not fail, else 1. */
const ANSWER_TIMEOUT_MS = 8_000;

async function isWell(): Promise<boolean> {
  const { apiPort, apiToken } = readSettings(readEnvironment()).settings;
  const daemon = { address: `http://127.0.0.1:${apiPort}`, apiToken };
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetchDaemon(daemon, '/api/health', { signal });
  await response.body?.cancel();
  return response.ok;
}

process.exitCode = await isWell().then(
  (isFine) => (isFine ? 0 : 1),
  () => 1,
);
