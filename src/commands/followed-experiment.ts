import { z } from 'zod';
import {
  experiment as experimentAnswer,
  experimentDetail,
  type ExperimentDetailAnswer,
} from '../api/contract/experiments.js';
import { status as statusAnswer } from '../api/contract/status.js';
import { trainingStatus } from '../api/contract/training.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../lib/errors.js';
import type { DaemonClient } from './daemon-client.js';
import type { ExperimentEnd, ExperimentOptions } from './experiment-options.js';
import type { Followed, Reading } from './follow.js';
import type { TrainProgress } from './train-options.js';

const queueShape = trainingStatus.pick({ state: true, paused_by: true, current_training: true });
const daemonShape = statusAnswer.pick({ state: true, trainer: true });
const madeShape = experimentAnswer.pick({ id: true });
const OVER: readonly string[] = ['completed', 'failed', 'cancelled'];

/** Asks a daemon for an experiment once it trains, or finds the one that is named, and follows that. */
export class FollowedExperiment implements Followed<TrainProgress, ExperimentEnd> {
  readonly #daemon: DaemonClient;
  readonly #options: ExperimentOptions & { readonly isOwnDaemon: boolean };
  #id: string | undefined;
  #seen: ExperimentDetailAnswer | undefined;

  constructor(
    daemon: DaemonClient,
    options: ExperimentOptions & { readonly isOwnDaemon: boolean },
  ) {
    this.#daemon = daemon;
    this.#options = options;
  }

  async read(): Promise<Reading<TrainProgress, ExperimentEnd>> {
    const { isOwnDaemon } = this.#options;
    const about = await this.#daemon.get('/api/status', daemonShape);
    if (isOwnDaemon && !about.trainer.ready) throw new ConfigError(about.trainer.message);
    if (isOwnDaemon && about.state !== 'running') return {};
    const id = (this.#id ??= await this.#request());
    const seen = await this.#daemon.get(pathOf(id), experimentDetail);
    this.#seen = seen;
    const queue = await this.#daemon.get('/api/training/status', queueShape);
    const progress = toProgress(seen, queue, isOwnDaemon);
    if (!OVER.includes(seen.status)) return { progress };
    return { progress, end: { status: 'done', experiment: seen, line: '', left: leftOf(seen) } };
  }

  async leave(): Promise<ExperimentEnd> {
    const line = await this.#leave();
    return { status: 'stopped', experiment: this.#seen, line, left: [] };
  }

  async #request(): Promise<string> {
    const { asked } = this.#options;
    if ('id' in asked) return asked.id;
    return (await this.#daemon.post('/api/experiments', madeShape, asked.body)).id;
  }

  /** In another process's daemon Ctrl+C cancels what is left, and any other end leaves it to the daemon. */
  async #leave(): Promise<string> {
    const id = this.#id;
    if (id === undefined) return 'Stopped before there was an experiment';
    const again = `npm run experiment -- --id ${id}`;
    if (this.#options.isOwnDaemon) {
      return `Stopped; what is scored stays, and the rest goes on with the next start: ${again}`;
    }
    const isCancelled = (this.#options.signal.reason as Error).cause === 'SIGINT';
    if (!isCancelled) return `Left experiment ${id} to the daemon, which goes on with it: ${again}`;
    try {
      await this.#daemon.post(`${pathOf(id)}/cancel`, z.object({}), {});
      return `Stopped; the daemon has cancelled the rest of experiment ${id}, and what is scored stays`;
    } catch (error) {
      if (!(error instanceof TransientError) && !(error instanceof RejectedError)) throw error;
      return `Experiment ${id} could not be cancelled: ${messageOf(error)}`;
    }
  }
}

function pathOf(id: string): string {
  return `/api/experiments/${encodeURIComponent(id)}`;
}

function toProgress(
  { jobs }: ExperimentDetailAnswer,
  queue: z.output<typeof queueShape>,
  isOwnDaemon: boolean,
): TrainProgress {
  const { total, open, failed } = jobs;
  const { current_training: job } = queue;
  return {
    by: isOwnDaemon ? 'this process' : 'the daemon',
    state: queue.state,
    pausedBy: queue.paused_by,
    percentage: total === 0 ? 0 : (100 * (total - open)) / total,
    current: total - open,
    total,
    failed,
    etaSec: undefined,
    job:
      job === null
        ? undefined
        : {
            name: `${job.unified_symbol} ${job.timeframe} ${job.bot}`,
            stage: job.stage ?? 'starting',
            percent: job.progress,
          },
  };
}

function leftOf({ jobs, report, session_id }: ExperimentDetailAnswer): readonly string[] {
  const { failed, cancelled } = jobs;
  const ended = [
    ...(failed > 0 ? [`${failed} jobs failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} jobs were cancelled`] : []),
  ].map((text) => `${text}: GET /api/training/sessions/${session_id}/jobs says why`);
  if (report.left_out === 0) return ended;
  return [...ended, `${report.left_out} jobs were judged on other rows than the control`];
}
