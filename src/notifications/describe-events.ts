import type { Halt } from '../domain/halt.js';
import type { ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Notification } from '../domain/notification.js';
import type { BookKey, Fill, Position } from '../domain/trade.js';
import type { TrainingJob } from '../domain/training-job.js';

/** What is said of each thing that happens; `at` is the wall time at which it was noted. */

export function fillNotice(fill: Fill, position: Position | undefined, at: number): Notification {
  const { uid, symbol, side, price, sizeBase, feeQuote, venue, account } = fill;
  const currency = /\/([^:]+)/.exec(symbol)?.[1] ?? '';
  const isBuy = side === 'buy';
  const pnl = isBuy ? undefined : position?.realizedPnl;
  const result = pnl === undefined ? '' : `, result ${signed(pnl.toFixed(2))} ${currency}`;
  const why = isBuy ? undefined : position?.exitReason;
  return {
    key: `fill:${uid}`,
    event: 'fill',
    level: 'info',
    title: `${isBuy ? 'Bought' : 'Sold'} ${sizeBase.toString()} ${symbol} at ${price.toString()}${result}`,
    text: [
      `Value ${price.times(sizeBase).toFixed(2)} ${currency}, fee ${feeQuote.toFixed(4)} ${currency}.`,
      why === undefined ? '' : `Closed by ${why.replaceAll('_', ' ')}.`,
      `Books: ${venue} ${account}.`,
    ]
      .filter((part) => part !== '')
      .join(' '),
    data: {
      uid,
      symbol,
      side,
      price: price.toString(),
      size: sizeBase.toString(),
      fee: feeQuote.toString(),
      result: pnl?.toString() ?? null,
      exit_reason: why ?? null,
      venue,
      account,
    },
    at,
  };
}

export function haltNotice(halt: Halt, at: number): Notification {
  const { uid, cause, reason, author, until, isCloseAll, venue, account } = halt;
  const ends =
    until === undefined ? 'until a person resumes' : `until ${new Date(until).toISOString()}`;
  const sales = isCloseAll ? ' Everything that is held is sold.' : ' Exits go on.';
  return {
    key: `halt:${uid}`,
    event: 'halt',
    level: 'failing',
    title: `Trading is halted: ${reason}`,
    text: `No position is opened ${ends}.${sales} By ${author}. Books: ${venue} ${account}.`,
    data: { uid, cause, reason, author, close_all: isCloseAll, venue, account },
    at,
  };
}

export function resumeNotice({ venue, account }: BookKey, by: string, at: number): Notification {
  return {
    key: `resumed:${venue}:${account}:${at}`,
    event: 'halt',
    level: 'info',
    title: 'Trading is resumed',
    text: `By ${by}. Books: ${venue} ${account}.`,
    data: { author: by, venue, account },
    at,
  };
}

export function trainingFailedNotice(job: TrainingJob, at: number): Notification {
  const { uid, errorCode, errorMessage, cause, mode } = job;
  return {
    key: `training-failed:${uid}`,
    event: 'training_failed',
    level: 'info',
    title: `Training of ${nameOf(job)} failed: ${errorCode ?? 'unknown'}`,
    text: errorMessage ?? '',
    data: { job_id: uid, ...keyData(job), cause, mode, code: errorCode ?? null },
    at,
  };
}

export function trainingDoneNotice(record: ModelRecord, at: number): Notification {
  const { uid, jobUid, verdict, trainingDurationSec } = record;
  const isPromoted = verdict?.isPromoted === true;
  return {
    key: `training-done:${uid}`,
    event: 'training_done',
    level: 'info',
    title: `Trained ${nameOf(record)}: ${isPromoted ? 'good enough to serve' : 'not promoted'}`,
    text: `${verdict?.reason ?? ''} It took ${Math.round(trainingDurationSec)} s.`.trim(),
    data: { model_uid: uid, job_id: jobUid, ...keyData(record), promoted: isPromoted },
    at,
  };
}

/** @param version counts the changes of the record: a rollback makes a model serve a second time */
export function promotedNotice(record: ModelRecord, version: number, at: number): Notification {
  const { uid, verdict, testScore } = record;
  return {
    key: `promoted:${uid}:${version}`,
    event: 'model_promoted',
    level: 'info',
    title: `A new model serves ${nameOf(record)}`,
    text: verdict?.reason ?? '',
    data: { model_uid: uid, ...keyData(record), skill: testScore?.skill.estimate ?? null },
    at,
  };
}

export function startNotice(
  run: { readonly uid: string; readonly version: string; readonly venue: string },
  { isAfterCrash, at }: { readonly isAfterCrash: boolean; readonly at: number },
): Notification {
  const { uid, version, venue } = run;
  return {
    key: `started:${uid}`,
    event: 'daemon_started',
    level: 'info',
    title: `The daemon started (${venue}, version ${version})`,
    text: isAfterCrash ? 'The last run ended without a stop; what it left is taken up.' : '',
    data: { run_uid: uid, version, exchange: venue, after_crash: isAfterCrash },
    at,
  };
}

export function expiredNotice(key: ModelKey, modelUid: string, at: number): Notification {
  return {
    key: `expired:${modelUid}`,
    event: 'model_expired',
    level: 'info',
    title: `The model of ${nameOf(key)} is too old to serve`,
    text: 'Signals come from the fallback. See why training fails: GET /api/model/status.',
    data: { model_uid: modelUid, ...keyData(key) },
    at,
  };
}

function nameOf({ symbol, timeframe, bot }: ModelKey): string {
  return `${symbol} ${timeframe} ${bot}`;
}

function keyData({ venue, symbol, timeframe, bot }: ModelKey): Record<string, string> {
  return { venue, symbol, timeframe, bot };
}

function signed(figure: string): string {
  return figure.startsWith('-') ? figure : `+${figure}`;
}
