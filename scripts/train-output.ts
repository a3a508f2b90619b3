import type { TrainEnd, TrainProgress } from '../src/commands/train-options.js';
import { durationText, type CommandFormat } from './command-output.js';

/** How `npm run train` shows its progress and its end: the session and the job under way. */
export const TRAIN_FORMAT: CommandFormat<TrainProgress, TrainEnd> = {
  bars: (progress) => {
    const { name = '', stage = '', percent = 0 } = progress.job ?? {};
    return [
      { percentage: progress.percentage, text: sessionText(progress) },
      { percentage: percent, text: `${name} ${stage}` },
    ];
  },
  line: (progress) => {
    const job = progress.job === undefined ? '' : ` | ${progress.job.name} ${progress.job.stage}`;
    return `${progress.percentage.toFixed(0)} % | ${sessionText(progress)}${job}`;
  },
  progressJson: ({ by, state, pausedBy, percentage, current, total, failed, etaSec, job }) => ({
    by,
    state,
    paused_by: pausedBy,
    percentage,
    current,
    total,
    failed,
    eta_sec: etaSec === undefined ? null : Math.round(etaSec),
    job: job ?? null,
  }),
  end: ({ line }) => line,
  endJson: ({ status, sessionUid, failed, line, left }) => ({
    status,
    session_id: sessionUid ?? null,
    failed,
    line,
    not_trained: left,
  }),
};

/** `12 of 100 models | 1 failed | ETA 1:20`. */
function sessionText({
  by,
  state,
  pausedBy,
  current,
  total,
  failed,
  etaSec,
}: TrainProgress): string {
  const parts = [`${current} of ${total} models`];
  const who = state === 'paused' ? ` by ${pausedBy.join(' and ')}` : '';
  if (state !== 'running') parts.unshift(`${state}${who}`);
  if (by !== 'this process') parts.unshift(`by ${by}`);
  if (failed > 0) parts.push(`${failed} failed`);
  parts.push(`ETA ${etaSec === undefined ? '–' : durationText(etaSec)}`);
  return parts.join(' | ');
}
