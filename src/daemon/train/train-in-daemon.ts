import { z } from 'zod';
import { status as statusAnswer } from '../../api/contract/status.js';
import {
  job as jobAnswer,
  session as sessionAnswer,
  trainingStatus,
} from '../../api/contract/training.js';
import { isSessionOver, type JobStatus } from '../../domain/training-job.js';
import { TransientError } from '../../lib/errors.js';
import { endLine } from '../../training/queue/session-finalizer.js';
import { DaemonApi } from './daemon-api.js';
import { JoinedSession } from './joined-session.js';
import {
  SAMPLE_INSTRUMENTS,
  type TrainEnd,
  type TrainOptions,
  type TrainProgress,
} from './train-options.js';

const LOOK_MS = 1_000;
/** A daemon that is busy, or begins anew, may be silent for so long. */
const SILENCE_LIMIT_MS = 60_000;
const JOBS_A_PAGE = 500;

const sessionShape = sessionAnswer.pick({
  ...{ sessionId: true, status: true, progress: true, jobsSummary: true, createdAt: true },
});
type SeenSession = z.output<typeof sessionShape>;
const jobsShape = z.object({ total: z.number(), jobs: z.array(jobAnswer) });
const queueShape = trainingStatus.pick({
  ...{ state: true, paused_by: true, current_training: true },
});
const instrumentsShape = statusAnswer.pick({ symbols: true });

/** Trains through the queue of the daemon that holds the folder, and shows how far it is. */
export async function trainInDaemon(options: TrainOptions): Promise<TrainEnd> {
  const { logger, mode, asked } = options;
  const daemon = new DaemonApi(options);
  logger.info('A daemon is at work with the same data: it trains, in its own queue');
  const symbols = mode === 'sample' ? await sampleOf(daemon, options) : asked.symbols;
  const { timeframes, bots, batchSize } = asked;
  const config = { batchSize, mode: mode === 'sample' ? undefined : mode };
  const name = `npm run train -- --mode ${mode}`;
  const { sessionId } = await daemon.post('/api/training/sessions', sessionShape, {
    ...{ name, symbols, timeframes, bots, config },
  });
  return follow(new JoinedSession(daemon, sessionId, options), daemon, options);
}

async function follow(
  joined: JoinedSession,
  daemon: DaemonApi,
  { signal, clock, onProgress }: TrainOptions,
): Promise<TrainEnd> {
  const { uid: sessionUid } = joined;
  let failed = 0;
  let heardAtMs = clock.wallMs();
  for (;;) {
    try {
      await joined.heedPauseFile();
      const seen = await daemon.get(joined.path, sessionShape);
      const queue = await daemon.get('/api/training/status', queueShape);
      onProgress(toProgress(seen, queue, joined));
      heardAtMs = clock.wallMs();
      failed = seen.jobsSummary.failed;
      if (isSessionOver(seen.status)) {
        const line = await lineOf(daemon, seen);
        return { status: 'done', sessionUid, failed, left: [], line };
      }
    } catch (error) {
      const isOver = clock.wallMs() - heardAtMs > SILENCE_LIMIT_MS;
      if (!(error instanceof TransientError) || isOver) throw error;
    }
    if (signal.aborted) {
      return { status: 'stopped', sessionUid, failed, left: [], line: await joined.leave() };
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
}

async function sampleOf(daemon: DaemonApi, { asked }: TrainOptions): Promise<readonly string[]> {
  const { symbols } = await daemon.get('/api/status', instrumentsShape);
  const names = asked.symbols ?? symbols.map((one) => one.unified_symbol);
  return names.slice(0, SAMPLE_INSTRUMENTS);
}

/** Its daemon makes the predictions of each model that it promotes. */
async function lineOf(daemon: DaemonApi, { sessionId, createdAt }: SeenSession): Promise<string> {
  const all: z.output<typeof jobAnswer>[] = [];
  for (;;) {
    const page = `?limit=${JOBS_A_PAGE}&offset=${all.length}`;
    const { total, jobs } = await daemon.get(
      `/api/training/sessions/${sessionId}/jobs${page}`,
      jobsShape,
    );
    all.push(...jobs);
    if (jobs.length === 0 || all.length >= total) break;
  }
  const ended = all.map((job) => ({
    ...{ symbol: job.symbol, batch: job.batch, status: job.status as JobStatus },
    finishedAt: job.finishedAt === null ? undefined : Date.parse(job.finishedAt),
  }));
  return `${endLine(ended, Date.parse(createdAt))}, cache updated`;
}

function toProgress(
  seen: SeenSession,
  queue: z.output<typeof queueShape>,
  joined: JoinedSession,
): TrainProgress {
  const { progress, jobsSummary } = seen;
  const job = queue.current_training;
  return {
    ...{ by: 'the daemon', percentage: progress.percentage },
    state: joined.isPausedHere || seen.status === 'paused' ? 'paused' : queue.state,
    pausedBy: joined.pausedBy(queue.paused_by),
    ...{ current: progress.current, total: progress.total, failed: jobsSummary.failed },
    etaSec: progress.etaSeconds ?? undefined,
    job:
      job === null
        ? undefined
        : {
            name: `${job.unified_symbol} ${job.timeframe} ${job.bot}`,
            ...{ stage: job.stage ?? 'starting', percent: job.progress },
          },
  };
}
