import { createHash } from 'node:crypto';
import path from 'node:path';
import { windowRowsOf } from '../../domain/bots.js';
import type { TrainingJob } from '../../domain/training-job.js';
import { RejectedError } from '../../lib/errors.js';
import type { PrepareRequest } from '../dataset/prepare-data.js';
import type { TrainingWorkerClient } from '../worker/training-worker-client.js';
import type { AttemptContext } from '../preparation/attempt-context.js';
import { toSeriesRequest, withFeatures } from '../preparation/prepare-request.js';
import { seededRandom } from '../../lib/seeded-random.js';
import type { PoolMember } from './pool-cuts.js';

export interface CollectContext extends AttemptContext {
  readonly trainingWorker: Pick<TrainingWorkerClient, 'prepare'>;
  readonly signal: AbortSignal;
  readonly onCollected: (share: number) => void;
}

export interface Collected {
  readonly members: readonly PoolMember[];
  /** Symbols without rows, each with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
}

/**
 * Writes a feature file for each instrument. Rows are subsampled so that all files together have at most
 * `poolMaxRows`, but for a bot that reads windows of them: the trainer takes stretches of them.
 *
 * @param symbols of one timeframe and bot, those of the context's job
 * @param features to compute; all candidates where undefined
 */
export async function collectMembers(
  context: CollectContext,
  symbols: readonly string[],
  features: readonly string[] | undefined,
): Promise<Collected> {
  const members: PoolMember[] = [];
  const leftOut: Record<string, string> = {};
  const isOfWindows = windowRowsOf(context.job.bot) > 1;
  let window: PrepareRequest['window'] | undefined;
  for (const [at, symbol] of symbols.entries()) {
    if (context.signal.aborted) break;
    const request = await findRequest(context, symbol);
    if (request === undefined) {
      leftOut[symbol] = 'no candles are stored';
      continue;
    }
    // Market time goes on meanwhile, but all windows must end at the same bar.
    window ??= request.window;
    const filePath = memberPath(context, at);
    const bars = (window.toIndex - window.fromIndex) * symbols.length;
    const preparation = await context.trainingWorker.prepare({
      ...request,
      window,
      filePath,
      keepConstantFeatures: true,
      ...withFeatures(request, features),
      subsampling: {
        share: isOfWindows ? 1 : Math.min(1, context.options.poolMaxRows / bars),
        offset: offsetOf(symbol, context.options.trainSeed),
      },
    });
    if (preparation.status === 'prepared') {
      const { names, samples: rows, dataFrom, dataEnd, cuts } = preparation;
      members.push({ symbol, filePath, names, rows, dataFrom, dataEnd, cuts });
    } else {
      leftOut[symbol] = 'reason' in preparation ? preparation.reason : preparation.message;
    }
    context.onCollected((at + 1) / symbols.length);
  }
  return { members, leftOut };
}

/** In the work folder; its name begins with the job's uid, so that it is removed with the job's other files. */
export function memberPath({ job, options }: AttemptContext, at: number): string {
  return path.join(options.workDir, `${job.uid}-${job.attempt}-member-${at}.evkf`);
}

async function findRequest(
  context: CollectContext,
  symbol: string,
): Promise<PrepareRequest | undefined> {
  const job: TrainingJob = { ...context.job, symbol };
  try {
    return await toSeriesRequest({ ...context, job });
  } catch (error) {
    if (error instanceof RejectedError) return undefined;
    throw error;
  }
}

/** An own offset for each instrument, so that the subsampled rows of several cover more times. */
function offsetOf(symbol: string, seed: number): number {
  return seededRandom(createHash('sha256').update(`${seed} ${symbol}`).digest('hex'))();
}
