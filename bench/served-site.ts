import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelKey } from '../src/domain/model-key.js';
import type { Timeframe } from '../src/domain/timeframe.js';
import { featureHash } from '../src/features/feature-hash.js';
import { newUid } from '../src/lib/uid.js';
import { keepServedFiles } from '../src/training/preparation/candidate-folder.js';
import { buildModelRecord } from '../test/models/model-folder.js';
import { DaemonChild, withSite, type Site } from './daemon-child.js';
import { withGeneratedPair, type Fitted } from './fit-pipeline.js';
import { withStores } from './site-stores.js';

const FILL = { steadyMs: 1000, limitMs: 20 * 60_000 };

/** A hundred symbols of the generated market at 1h, with enough history for every feature. */
const MANY = { count: 100, historyDays: 40, timeframe: '1h' } as const;
const HOUR_MS = 3_600_000;

export interface ServedMany {
  readonly site: Site;
  readonly child: DaemonChild;
  readonly symbols: readonly string[];
}

/** Runs `use` with a daemon that serves a hundred symbols, five minutes into an hour: no candle closes soon. */
export async function withServedMany<T>(use: (served: ServedMany) => Promise<T>): Promise<T> {
  const { count, historyDays, timeframe } = MANY;
  const startMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS + HOUR_MS / 12;
  return withSite({ startMs, historyDays }, async (site) => {
    const symbols = site.symbols.slice(0, count);
    const child = await startServed(site, { symbols, timeframe });
    try {
      await assertServed(child, symbols);
      return await use({ site, child, symbols });
    } finally {
      await child.stop();
    }
  });
}

export interface ServedOptions {
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** Settings of the daemon, besides those of the site. */
  readonly more?: Readonly<Record<string, string>>;
}

/**
 * A daemon with a serving model for every symbol. It is one trained model whose files are copied for each
 * symbol, because training a hundred would take longer than the measurement.
 */
export async function startServed(site: Site, options: ServedOptions): Promise<DaemonChild> {
  const { symbols, timeframe, more = {} } = options;
  const pauseFile = path.join(site.dataDir, 'pause.txt');
  await mkdir(site.dataDir, { recursive: true });
  await writeFile(pauseFile, '');
  const settings = { TIMEFRAMES: timeframe, PAUSE_FILE: pauseFile, ...more };
  const filling = await DaemonChild.start(site, symbols, settings);
  let venue: string | null;
  try {
    await filling.until(
      ({ collection }) =>
        collection.series >= symbols.length && collection.series_ready === collection.series,
      FILL,
    );
    venue = (await filling.status()).exchange.venue;
  } finally {
    await filling.stop();
  }
  if (venue === null) throw new Error('no venue');
  await serveOne(site, { venue, symbols, timeframe });
  const child = await DaemonChild.start(site, symbols, settings);
  await child.until(({ state }) => state === 'running', FILL);
  return child;
}

async function serveOne(
  site: Site,
  keys: {
    readonly venue: string;
    readonly symbols: readonly string[];
    readonly timeframe: Timeframe;
  },
): Promise<void> {
  await withGeneratedPair(async ({ pipeline, pair, reference }) => {
    const fitted = await pipeline.fit({ pair, reference });
    await widenRanges(fitted.trained.outputDir);
    await withStores(site, async ({ models }) => {
      for (const symbol of keys.symbols) {
        const key = { ...keys, symbol, bot: 'catboost' };
        // A symbol that is its own reference has no excess features.
        const referenceSymbol = keys.symbols.find((other) => other !== symbol) ?? '';
        const record = await writeModel(site, key, { fitted, referenceSymbol });
        await models.insert(record);
        await models.promote(record.uid);
      }
    });
  });
}

async function writeModel(
  site: Site,
  { venue, symbol, timeframe, bot }: ModelKey,
  { fitted, referenceSymbol }: { readonly fitted: Fitted; readonly referenceSymbol: string },
): Promise<ReturnType<typeof buildModelRecord>> {
  const uid = newUid(Date.now());
  const folder = path.join(site.dataDir, 'models', uid);
  await cp(fitted.trained.outputDir, folder, { recursive: true });
  const { manifestSha256 } = await keepServedFiles(folder);
  const { features } = fitted.trained.manifest;
  return buildModelRecord({
    ...{ uid, venue, symbol, timeframe, bot, features, referenceSymbol, manifestSha256 },
    ...{ modelPath: uid, stage: 'candidate', trainedAt: Date.now() },
    featureHash: featureHash(features, referenceSymbol),
    classMeanReturns: fitted.summary.classMeanReturns,
  });
}

/** No candle counts as novel: the model was trained on another symbol. */
async function widenRanges(folder: string): Promise<void> {
  const file = path.join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { feature_ranges: unknown[] };
  const feature_ranges = manifest.feature_ranges.map(() => [-1e30, 1e30]);
  await writeFile(file, JSON.stringify({ ...manifest, feature_ranges }));
}

/** @throws Error naming the first symbol whose prediction does not come from its model */
export async function assertServed(child: DaemonChild, symbols: readonly string[]): Promise<void> {
  for (const symbol of symbols) {
    const path = `/api/predictions/${encodeURIComponent(symbol)}`;
    const answer = (await (await fetch(child.url + path)).json()) as {
      readonly fallback?: boolean;
    };
    if (answer.fallback !== false) throw new Error(`${symbol}: ${JSON.stringify(answer)}`);
  }
}
