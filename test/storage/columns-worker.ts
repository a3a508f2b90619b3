import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseLocation } from '../../src/storage/engine/location.js';
import { loadColumns, openReader } from '../../src/storage/database/read-candles.js';

/** Reads one series as the workers of the daemon do, and ends. */
const { location, seriesId } = workerData as { location: DatabaseLocation; seriesId: number };
const reader = await openReader(location);
const columns = await loadColumns(reader, seriesId, {});
await reader.close();
parentPort?.postMessage(columns);
