import path from 'node:path';
import { isGlobalBot, taskOf, windowRowsOf } from '../../domain/bots.js';
import { modelKeyText } from '../../domain/model-key.js';
import type { LabelThresholds } from '../../domain/model-record.js';
import { isFileVenue } from '../../domain/market.js';
import { ITEM_HORIZON_DAYS, barsADay } from '../../features/items/item-sequence.js';
import { CANDIDATE_FEATURES } from '../../features/catalogue.js';
import { catalogueHash } from '../../features/feature-hash.js';
import { RejectedError } from '../../lib/errors.js';
import type { AttemptContext } from './attempt-context.js';
import { featureFileName } from './candidate-folder.js';
import { DEFAULT_INCREMENT } from '../options/training-options.js';
import type { PrepareRequest } from '../dataset/prepare-data.js';
import type { GlobalPrepareRequest } from '../global-model/prepare-global.js';
import type { TrainingOptions } from '../options/training-options.js';
import { timeframeMs } from '../../domain/timeframe.js';
import { trainingWindowAt, windowOf } from '../dataset/training-window.js';

/** @throws RejectedError when the key has no series: nothing was ever collected for it */
export async function toPrepareRequest(
  context: AttemptContext,
): Promise<PrepareRequest | GlobalPrepareRequest> {
  return isGlobalBot(context.job.bot) ? toGlobalRequest(context) : toSeriesRequest(context);
}

/** Of a model of one instrument. @throws RejectedError as above */
export async function toSeriesRequest(context: AttemptContext): Promise<PrepareRequest> {
  const { job, stores, clock, options, trial } = context;
  const { referenceSymbol, labelHorizonBars: horizonBars, embargoBars, trainSplit } = options;
  const series = await stores.series.find(job);
  if (series === undefined)
    throw new RejectedError(`No candles of ${modelKeyText(job)} are stored`);
  const continued = context.increment?.parent;
  const wanted = continued === undefined ? referenceSymbol : continued.record.referenceSymbol;
  const reference =
    wanted === undefined ? undefined : await stores.series.find({ ...job, symbol: wanted });
  return {
    timeframe: job.timeframe,
    seriesId: series.id,
    referenceSeriesId: reference?.id,
    referenceSymbol: reference?.symbol,
    window:
      continued === undefined
        ? trainingWindowAt(clock.marketMs(), job.timeframe, options)
        : windowOf(clock.marketMs(), job.timeframe, incrementOf(options).windowBars),
    learnt:
      continued === undefined ? undefined : { ...continued, features: continued.record.features },
    horizonBars,
    embargoBars: embargoBars === 'auto' ? horizonBars : embargoBars,
    trainFraction: trainSplit[0] / 100,
    validationFraction: trainSplit[1] / 100,
    minSamples:
      continued === undefined
        ? options.minInitialTrainSamples
        : Math.min(options.minInitialTrainSamples, incrementOf(options).windowBars / 2),
    // In an experiment all variants have the same rows, whatever features they take.
    candidateFeatures: trial?.purpose === 'experiment' ? undefined : options.candidateFeatures,
    takenFeatures: trial?.purpose === 'experiment' ? takenBy(options) : undefined,
    catalogueHash: catalogueHash(options.candidateFeatures),
    windowRows: windowRowsOf(job.bot),
    thresholds: taskOf(job.bot) === 'regressor' ? await costThresholds(context) : undefined,
    filePath: path.join(options.workDir, featureFileName(job)),
  };
}

function takenBy({ candidateFeatures }: TrainingOptions): readonly string[] {
  return candidateFeatures ?? CANDIDATE_FEATURES;
}

/** What is asked for other features, as those of a base model; where undefined as it is. */
export function withFeatures(
  { candidateFeatures, takenFeatures }: PrepareRequest,
  features: readonly string[] | undefined,
): Pick<PrepareRequest, 'candidateFeatures' | 'takenFeatures'> {
  if (takenFeatures === undefined) {
    return { candidateFeatures: features ?? candidateFeatures, takenFeatures };
  }
  return { candidateFeatures, takenFeatures: features ?? takenFeatures };
}

async function toGlobalRequest(context: AttemptContext): Promise<GlobalPrepareRequest> {
  const { job, clock, options } = context;
  const { embargoBars } = options;
  const embargo = embargoBars === 'auto' ? horizonBarsOf(context) : embargoBars;
  return {
    isGlobal: true,
    venue: job.venue,
    symbols: isFileVenue(job.venue) ? undefined : options.symbols,
    timeframe: job.timeframe,
    window: trainingWindowAt(clock.marketMs(), job.timeframe, options),
    embargoMs: embargo * timeframeMs(job.timeframe),
    thresholds: await costThresholds(context),
    minSamples: options.minInitialTrainSamples,
    filePath: path.join(options.workDir, featureFileName(job)),
  };
}

/** The bot's horizon in bars; a global bot's is in days. */
export function horizonBarsOf({ job, options }: Pick<AttemptContext, 'job' | 'options'>): number {
  if (!isGlobalBot(job.bot)) return options.labelHorizonBars;
  const perDay = barsADay(job.timeframe);
  if (perDay !== undefined) return ITEM_HORIZON_DAYS * perDay;
  throw new RejectedError(`${job.bot} forecasts days: ${job.timeframe} is too fine or too coarse`);
}

/**
 * The returns beyond which a regressor's move pays for a round trip: both fees and the spread of the newest quote.
 * Without a quote, as for imported files, and in an experiment the fees alone.
 */
async function costThresholds(context: AttemptContext): Promise<LabelThresholds> {
  const { job, stores, options, trial } = context;
  // Quotes change while an experiment runs.
  const isQuoted = trial?.purpose !== 'experiment';
  const quotes = isQuoted ? await stores.prices.latest(job.venue, [job.symbol]) : undefined;
  const quote = quotes?.get(job.symbol);
  const [bid, ask] = [Number(quote?.bid), Number(quote?.ask)];
  const spread = ask > bid && bid > 0 ? (2 * (ask - bid)) / (ask + bid) : 0;
  const cost = Math.log1p(2 * options.feeRate + spread);
  return { sell: -cost, buy: cost };
}

function incrementOf({ increment }: TrainingOptions): typeof DEFAULT_INCREMENT {
  return increment ?? DEFAULT_INCREMENT;
}
