import { z } from 'zod';
import { status as statusAnswer } from '../../api/contract.js';
import {
  job as jobAnswer,
  session as sessionAnswer,
  trainingStatus,
} from '../../api/contract-training.js';
import type { JobStatus } from '../../domain/training-job.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import { findLockHolder } from '../../storage/data-dir-lock.js';
import { fetchDaemon } from '../fetch-daemon.js';
import { endLine } from '../../training/training-schedules.js';
import {
  SAMPLE_INSTRUMENTS,
  type TrainEnd,
  type TrainOptions,
  type TrainProgress,
} from './train-options.js';

const LOOK_MS = 1_000;
const ANSWER_TIMEOUT_MS = 30_000;
/** A daemon that is busy, or begins anew, may be silent for so long. */
const SILENCE_LIMIT_MS = 60_000;
const JOBS_A_PAGE = 500;
const OVER: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

const sessionShape = sessionAnswer.pick({
  ...{ sessionId: true, status: true, progress: true, jobsSummary: true, createdAt: true },
});
type SeenSession = z.output<typeof sessionShape>;
const jobsShape = z.object({ total: z.number(), jobs: z.array(jobAnswer) });
const queueShape = trainingStatus.pick({ state: true, current_training: true });
const instrumentsShape = statusAnswer.pick({ symbols: true });

/** Trains through the queue of the daemon that holds the folder, and shows how far it is. */
export async function trainInDaemon(options: TrainOptions): Promise<TrainEnd> {
  const { logger, signal, clock, onProgress, mode } = options;
  const daemon = new DaemonApi(options);
  logger.info('A daemon is at work with the same data: it trains, in its own queue');
  const symbols = mode === 'sample' ? await sampleOf(daemon, options) : options.asked.symbols;
  const { timeframes, bots, batchSize } = options.asked;
  const config = { batchSize, mode: mode === 'sample' ? undefined : mode };
  const name = `npm run train -- --mode ${mode}`;
  const made = await daemon.post('/api/training/sessions', sessionShape, {
    ...{ name, symbols, timeframes, bots, config },
  });
  const sessionUid = made.sessionId;
  await daemon.post(`/api/training/sessions/${sessionUid}/start`, z.object({}), {});
  let heardAtMs = clock.wallMs();
  for (;;) {
    try {
      const seen = await daemon.get(`/api/training/sessions/${sessionUid}`, sessionShape);
      onProgress(toProgress(seen, await daemon.get('/api/training/status', queueShape)));
      heardAtMs = clock.wallMs();
      const { failed } = seen.jobsSummary;
      const end = { sessionUid, failed, left: [] };
      if (OVER.has(seen.status))
        return { ...end, status: 'done', line: await lineOf(daemon, seen) };
      if (signal.aborted) return { ...end, status: 'stopped', line: undefined };
    } catch (error) {
      const isOver = clock.wallMs() - heardAtMs > SILENCE_LIMIT_MS;
      if (!(error instanceof TransientError) || isOver) throw error;
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

function toProgress(seen: SeenSession, queue: z.output<typeof queueShape>): TrainProgress {
  const { progress, jobsSummary } = seen;
  const job = queue.current_training;
  return {
    ...{ by: 'the daemon', state: queue.state, percentage: progress.percentage },
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

/** Calls to the daemon that holds the folder. */
class DaemonApi {
  constructor(private readonly options: TrainOptions) {}

  get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    return this.call(path, shape, {});
  }

  post<T>(path: string, shape: z.ZodType<T>, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.call(path, shape, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /**
   * @throws RejectedError with the daemon's own words for what it refuses
   * @throws TransientError when it does not answer
   */
  private async call<T>(path: string, shape: z.ZodType<T>, request: RequestInit): Promise<T> {
    const { settings } = this.options;
    const holder = findLockHolder(settings.dataDir);
    if (holder?.program !== undefined) {
      throw new TransientError(`${holder.program} is at work here: wait for its end, or stop it`);
    }
    const address = holder?.apiAddress;
    if (address === undefined) {
      throw new TransientError('The daemon that holds DATA_DIR does not serve its API yet');
    }
    const { apiToken } = settings;
    let response: Response;
    let answer: unknown;
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      response = await fetchDaemon({ address, apiToken }, path, { ...request, signal });
      answer = await response.json();
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new TransientError(`The daemon at ${address} does not answer: ${messageOf(error)}`);
    }
    if (response.ok) return shape.parse(answer);
    const { error } = answer as { error?: { message?: string } };
    const message = error?.message ?? `status ${response.status}`;
    if (response.status === 503) throw new TransientError(message);
    throw new RejectedError(`The daemon refuses: ${message}`);
  }
}
