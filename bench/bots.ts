import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelRecord, TestScore } from '../src/domain/model-record.js';
import { needsTorch } from '../src/domain/bots.js';
import { hasTorch } from '../test/trainer/real-trainer.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { mean, median, shareOf } from './harness/statistics.js';
import { loadMarkets, type Markets } from './markets.js';
import { openTrainingSite } from './training-site.js';

const PAIRS = 24;

/** Those that answer in three classes over the same horizon, by which alone their skills compare. */
const BOTS = ['catboost', 'lstm', 'transformer'];

/** Each bot on the same candles, parts and labels; a model of its own for each pair. */
export const bots: Benchmark = {
  name: 'bots',
  bar: '',
  title: `each classifier on ${PAIRS} pairs: skill, calibration, time, size`,
  async run() {
    const markets = loadMarkets(PAIRS);
    const able = BOTS.filter((bot) => !needsTorch(bot) || hasTorch());
    const figures: Figure[] = [];
    const words: string[] = [];
    for (const bot of able) {
      const records = await train(markets, bot);
      figures.push(...toFigures(bot, records));
      words.push(...records.map((record) => `${bot} ${record.symbol}: ${inWords(record)}`));
    }
    const left = BOTS.filter((bot) => !able.includes(bot));
    return {
      figures,
      notes: [
        `${markets.source}; six months, horizon 4, 70/15/15, default settings, no pool, features selected cold`,
        ...left.map((bot) => `${bot} was left out: npm run setup -- --with torch`),
        'a row: total skill, direction skill, AUC, calibration error, RMSE of the return ÷ that of no change, epochs',
        ...words,
      ],
    };
  },
};

async function train(markets: Markets, bot: string): Promise<readonly ModelRecord[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-bots-'));
  const changes = { pooling: 'off' } as const;
  const site = await openTrainingSite(markets, { folder, bot, changes });
  try {
    await site.trainAll('manual');
    return await site.records();
  } finally {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function toFigures(bot: string, records: readonly ModelRecord[]): readonly Figure[] {
  const scores = records.flatMap(({ testScore }) => testScore ?? []);
  const total = scores.map(({ skill }) => skill.estimate);
  const direction = scores.map(({ directionSkill }) => directionSkill.estimate);
  const isPositive = (value: number): boolean => value > 0;
  const factOf = (name: 'latencyMs' | 'peakRssMb'): readonly number[] =>
    records.map(({ config }) => Number(config[name]));
  const figure = (name: string, value: number, unit = ''): Figure => ({
    ...{ name: `${bot}: ${name}`, value, unit },
  });
  return [
    figure('models', scores.length),
    figure('mean total skill', mean(total), 'nat'),
    figure('total skill > 0', shareOf(total, isPositive)),
    figure('mean direction skill', mean(direction), 'nat'),
    figure('direction skill > 0', shareOf(direction, isPositive)),
    figure('mean directional AUC', mean(scores.map(({ directionalAuc }) => directionalAuc))),
    figure('mean calibration error', mean(scores.map((score) => score.calibrationError))),
    figure('median training', median(records.map((one) => one.trainingDurationSec)), 's'),
    figure('median file', median(records.map((one) => one.modelSizeMb ?? NaN)), 'MB'),
    figure('median answer', median(factOf('latencyMs')), 'ms'),
    figure('highest memory of the trainer', Math.max(...factOf('peakRssMb')), 'MB'),
  ];
}

function inWords({ testScore, errorMessage, epochs }: ModelRecord): string {
  if (testScore === undefined) return `no score (${errorMessage ?? ''})`;
  const { skill, directionSkill, directionalAuc, calibrationError } = testScore;
  return [
    ...[skill.estimate.toFixed(4), directionSkill.estimate.toFixed(4)],
    ...[directionalAuc.toFixed(3), calibrationError.toFixed(3), ratio(testScore)],
    epochs ?? '–',
  ].join(' ');
}

function ratio({ regression }: TestScore): string {
  return regression === undefined ? '–' : (regression.rmse / regression.persistenceRmse).toFixed(4);
}
