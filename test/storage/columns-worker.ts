import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { openReader } from '../../src/storage/reader/open-reader.js';

/** Reads one series as the workers of the daemon do, and ends. */
const { location, seriesId } = workerData as { location: DatabaseLocation; seriesId: number };
const reader = await openReader(location);
const columns = await loadColumns(reader, seriesId, {});
await reader.close();
parentPort?.postMessage(columns);
