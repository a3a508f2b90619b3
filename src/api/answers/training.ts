import type { TrainingEvidence, TrainingJob } from '../../domain/training-job.js';
import type { QueueStatus } from '../../training/queue/training-queue.js';
import type { SessionView } from '../../training/queue/training-sessions.js';
import { iso, isoOrNull, keyAnswer, type MarketIds } from './keys.js';
import type {
  EvidenceAnswer,
  JobAnswer,
  SessionAnswer,
  TrainingStatusAnswer,
} from '../contract/training.js';

/** What training knows, as the API shows it. */

export function queueAnswer(status: QueueStatus, marketIds: MarketIds): TrainingStatusAnswer {
  const { state, pausedBy, current, waiting } = status;
  const [first] = current;
  return {
    state,
    is_running: current.length > 0,
    is_paused: state === 'paused',
    paused_by: [...pausedBy],
    current_training:
      first === undefined
        ? null
        : {
            job_id: first.uid,
            session_id: first.sessionUid,
            ...keyAnswer(first, marketIds),
            stage: first.stage ?? null,
            progress: first.progressPct,
            started_at: isoOrNull(first.startedAt),
          },
    queue_length: Object.values(waiting).reduce((sum, count) => sum + count, 0),
    queues: { ...waiting },
    completed_count: status.completed,
    failed_count: status.failed,
    cancelled_count: status.cancelled,
  };
}

export function sessionAnswer({ session, progress }: SessionView): SessionAnswer {
  const { percentage, current, total, etaSeconds, itemsPerMinute, summary } = progress;
  return {
    sessionId: session.uid,
    kind: session.kind,
    name: session.name,
    status: session.status,
    priority: session.priority,
    batchSize: session.batchSize,
    createdAt: iso(session.createdAt),
    progress: {
      percentage,
      current,
      total,
      etaSeconds: etaSeconds ?? null,
      itemsPerMinute: itemsPerMinute ?? null,
    },
    jobsSummary: { ...summary },
  };
}

export function jobAnswer(job: TrainingJob, marketIds: MarketIds): JobAnswer {
  const { timeframe, bot, status, priority, batch, cause, attempt } = job;
  return {
    jobId: job.uid,
    symbol: marketIds.get(job.symbol) ?? job.symbol,
    unifiedSymbol: job.symbol,
    timeframe,
    bot,
    status,
    priority,
    batch,
    cause,
    attempt,
    stage: job.stage ?? null,
    progress: job.progressPct,
    queuedAt: iso(job.queuedAt),
    startedAt: isoOrNull(job.startedAt),
    finishedAt: isoOrNull(job.finishedAt),
    error: job.errorMessage ?? null,
    modelId: job.modelUid ?? null,
    workerId: job.ownerRunUid ?? null,
  };
}

export function evidenceAnswer(evidence: TrainingEvidence): EvidenceAnswer {
  const { modelName, device, processingTimeMs } = evidence;
  return {
    jobId: evidence.jobUid,
    modelId: evidence.modelUid ?? null,
    modelName,
    device,
    processingTimeMs,
    modelVersion: evidence.modelVersion ?? null,
    artifactSha256: evidence.artifactSha256 ?? null,
    embeddingChecksum: evidence.embeddingChecksum ?? null,
    dataFrom: isoOrNull(evidence.dataFrom),
    dataTo: isoOrNull(evidence.dataTo),
    dataHash: evidence.dataHash ?? null,
    libraryVersions: { ...evidence.libraryVersions },
    seed: evidence.seed ?? null,
    error: evidence.error ?? null,
    createdAt: iso(evidence.createdAt),
  };
}
