import { isAlive, type SeenWorker } from '../../domain/queue-worker.js';
import type { WorkersAnswer } from '../contract/workers.js';
import { iso } from './keys.js';

export function workersAnswer(
  workers: readonly SeenWorker[],
  { limit, offset }: { readonly limit: number; readonly offset: number },
): WorkersAnswer {
  return {
    total: workers.length,
    workers: workers.slice(offset, offset + limit).map((worker) => ({
      id: worker.uid,
      host: worker.host,
      pid: worker.pid,
      venue: worker.venue,
      version: worker.version,
      catalogue: worker.catalogueHash,
      cores: worker.cores,
      memory_mb: worker.memoryMb,
      accelerator: worker.accelerator ?? null,
      queues: [...worker.queues],
      concurrency: worker.concurrency,
      bots: [...worker.bots],
      status: worker.status,
      reason: worker.reason ?? null,
      alive: isAlive(worker),
      silent_seconds: worker.silentMs / 1000,
      started_at: iso(worker.startedAt),
    })),
  };
}
