import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { findBot } from '../src/domain/bots.js';
import type { TestScore } from '../src/domain/model-record.js';
import { timeframeMs } from '../src/domain/timeframe.js';
import type { DatasetSummary } from '../src/training/dataset/dataset-summary.js';
import { toPrior } from '../src/training/evaluation/losses.js';
import { scoreClassifier } from '../src/training/evaluation/score-classifier.js';
import { scoreErrors } from '../src/training/evaluation/score-regressor.js';
import { readTestExamples } from '../src/training/evaluation/test-examples.js';
import {
  DEFAULT_DEEP,
  MAX_DEEP_FEATURES,
  toDeepParams,
} from '../src/training/options/bot-params.js';
import { planPool, type PoolMember } from '../src/training/residuals/pool-cuts.js';
import { hasTorch, PROJECT_DIR, PYTHON, TRAINER_DIR } from '../test/trainer/real-trainer.js';
import { defaultTrainingOptions, prepare } from './fit-pipeline.js';
import type { Benchmark, BenchmarkResult, Figure } from './harness/benchmark.js';
import { mean, median, shareOf } from './harness/statistics.js';
import { loadMarkets, type Markets, type PairCandles } from './markets.js';

const PAIRS = 24;
const BOTS = ['lstm', 'transformer'];
const SEEDS = [42, 43, 44];
const SELECTION_ROWS = 10_000;
const CLASSES = 3;
const SCRIPT = path.join(PROJECT_DIR, 'bench', 'deep_pool.py');

/** A network of each pair alone; one of all pairs as it is; that one with a residual for each pair. */
const WAYS = ['separate', 'pool', 'residual'] as const;
type Way = (typeof WAYS)[number];

const answerShape = z.object({
  shared: z.array(z.string()),
  facts: z.array(
    z.object({
      seed: z.number(),
      separate_epochs: z.number(),
      separate_sec: z.number(),
      pool_epochs: z.number(),
      residual_epochs: z.number(),
      pool_sec: z.number(),
    }),
  ),
});

/** One pair's feature file and what is known of it. */
interface Member extends PoolMember {
  /** Features that a model of the pair alone may choose from. */
  readonly ownNames: readonly string[];
  readonly summary: DatasetSummary;
  readonly dataSha256: string;
}

/** Figures of one pair and way, means over the seeds. */
type PairFigures = Readonly<Record<keyof typeof FIGURES, number>>;

const FIGURES = {
  total: { name: 'total skill', unit: 'nat' },
  direction: { name: 'direction skill', unit: 'nat' },
  auc: { name: 'directional AUC', unit: '' },
  calibration: { name: 'calibration error', unit: '' },
  rmse: { name: 'RMSE of the return ÷ no change, less 1', unit: '' },
} as const;

/** Whether deep bots gain by a pool, as models of trees do. */
export const deepPool: Benchmark = {
  name: 'deep-pool',
  bar: '',
  title: `deep bots on ${PAIRS} pairs: separate networks, one for all, one for all with residuals`,
  async run() {
    if (!hasTorch()) throw new Error('PyTorch is not installed: npm run setup -- --with torch');
    const markets = loadMarkets(PAIRS);
    const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-deep-pool-'));
    try {
      const members = await prepareAll(markets, folder);
      const results = await Promise.all(BOTS.map((bot) => compare(bot, members, folder)));
      return {
        figures: results.flatMap(({ figures }) => figures),
        notes: [
          `${markets.source}; six months, horizon 4, 70/15/15, default settings; means of ${SEEDS.length} seeds`,
          '±: standard error over pairs; pairs move together, so that it is too small',
          ...results.flatMap(({ notes }) => notes),
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function prepareAll({ pairs }: Markets, folder: string): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const [at, pair] of pairs.entries()) {
    members.push(await prepareOne(pair, pairs[0], path.join(folder, `member-${at}.evkf`)));
  }
  return members;
}

async function prepareOne(
  pair: PairCandles,
  reference: PairCandles | undefined,
  filePath: string,
): Promise<Member> {
  const windowRows = findBot('lstm')?.windowRows;
  const own = await prepare({ pair, reference, windowRows }, filePath);
  const asked = { pair, reference, windowRows, keepConstantFeatures: true };
  const { summary, dataSha256 } = await prepare(asked, filePath);
  const { names, samples: rows, dataFrom, dataEnd, cuts } = summary;
  return {
    ...{ symbol: pair.symbol, filePath, names, rows, dataFrom, dataEnd, cuts },
    ...{ ownNames: own.summary.names, summary, dataSha256 },
  };
}

async function compare(
  bot: string,
  all: readonly Member[],
  folder: string,
): Promise<BenchmarkResult> {
  const pool = planPool(all);
  const members = all.filter(({ symbol }) => !(symbol in pool.leftOut));
  assertUnseen(pool.cuts.validationTo, members);
  const options = defaultTrainingOptions({ venue: '', symbols: [], folder });
  const of = findBot(bot);
  if (of === undefined) throw new Error(`no bot ${bot}`);
  const params = toDeepParams(of, { ...DEFAULT_DEEP, device: 'cpu' });
  const answer = await runPython({
    ...{ bot, seeds: SEEDS, params: toSnakeCase(params) },
    max_features: Math.min(options.maxBaselineFeatures, MAX_DEEP_FEATURES),
    max_rows: options.poolMaxRows,
    selection_rows: SELECTION_ROWS,
    cuts: toSnakeCase(pool.cuts),
    candidates: pool.candidates,
    members: members.map((member) => toMember(member, bot)),
  });
  const figures = new Map<Way, readonly PairFigures[]>();
  for (const way of WAYS) {
    figures.set(way, await Promise.all(members.map((member) => score(member, bot, way))));
  }
  const { facts } = answer;
  return {
    figures: [
      ...WAYS.flatMap((way) => toFigures(bot, way, figures)),
      ...toDifferences(bot, figures),
    ],
    notes: [
      `${bot}: features of the pool: ${answer.shared.join(', ')}`,
      `${bot}: seconds of the fit of the pool ${median(facts.map((one) => one.pool_sec)).toFixed(0)}, of a separate network ` +
        median(facts.map((one) => one.separate_sec)).toFixed(1),
      `${bot}: left out: ${Object.keys(pool.leftOut).join(', ') || 'none'}`,
      `${bot}: epochs of the pool ${SEEDS.map((seed) => facts.find((one) => one.seed === seed)?.pool_epochs).join(', ')}; ` +
        `of a separate network ${median(facts.map((one) => one.separate_epochs))} (median); ` +
        `residuals without an epoch ${facts.filter((one) => one.residual_epochs === 0).length} of ${facts.length}`,
      ...members.map(({ symbol }, at) => `${bot} ${symbol}: ${inWords(figures, at)}`),
    ],
  };
}

/** No row or label of the pool may lie in a test part, nor within the embargo before it. */
function assertUnseen(validationTo: number, members: readonly Member[]): void {
  const { labelHorizonBars } = defaultTrainingOptions({ venue: '', symbols: [], folder: '' });
  const seenTo = validationTo + (2 * labelHorizonBars + 1) * timeframeMs('1h');
  const early = members.filter(({ cuts }) => cuts.testFrom < seenTo);
  if (early.length > 0) throw new Error(`the pool sees test rows of ${early[0]?.symbol ?? ''}`);
}

function toMember({ filePath, ownNames, summary }: Member, bot: string): Record<string, unknown> {
  const { train, validation, test } = summary.split;
  return {
    ...{ file: filePath, names: ownNames, answers: `${filePath}-${bot}` },
    train: [train.from, train.to],
    validation: [validation.from, validation.to],
    test: [test.from, test.to],
  };
}

function toSnakeCase(values: object): Record<string, unknown> {
  const rename = (name: string): string => name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [rename(name), value]));
}

async function runPython(asked: Record<string, unknown>): Promise<z.infer<typeof answerShape>> {
  const child = spawn(PYTHON, [SCRIPT], {
    env: { ...process.env, PYTHONPATH: TRAINER_DIR, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(asked));
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`deep_pool.py ended with ${code}`);
  return answerShape.parse(JSON.parse(text));
}

async function score(member: Member, bot: string, way: Way): Promise<PairFigures> {
  const scores = await Promise.all(SEEDS.map((seed) => scoreOne(member, `${bot}-${way}-${seed}`)));
  const meanOf = (valueOf: (score: TestScore) => number): number => mean(scores.map(valueOf));
  return {
    total: meanOf(({ skill }) => skill.estimate),
    direction: meanOf(({ directionSkill }) => directionSkill.estimate),
    auc: meanOf(({ directionalAuc }) => directionalAuc),
    calibration: meanOf(({ calibrationError }) => calibrationError),
    rmse: meanOf(({ regression }) =>
      regression === undefined ? NaN : regression.rmse / regression.persistenceRmse - 1,
    ),
  };
}

async function scoreOne(member: Member, name: string): Promise<TestScore> {
  const { filePath, summary, dataSha256, ownNames } = member;
  const { labels, forwardReturns: returns } = await readTestExamples({
    ...{ featuresFile: filePath, features: ownNames.slice(0, 1), test: summary.split.test },
    windowRows: findBot('lstm')?.windowRows ?? 1,
  });
  const bytes = await readFile(`${filePath}-${name}.f32`);
  const answers = new Float32Array(new Uint8Array(bytes).buffer);
  const width = CLASSES + 1;
  if (answers.length !== labels.length * width)
    throw new Error(`${name}: ${answers.length} values`);
  const probabilities = Float64Array.from(
    { length: labels.length * CLASSES },
    (_, at) => answers[Math.floor(at / CLASSES) * width + (at % CLASSES)] ?? NaN,
  );
  const predictions = Float32Array.from(labels, (_, row) => answers[row * width + CLASSES] ?? NaN);
  const prior = toPrior(summary.trainCounts);
  return {
    ...scoreClassifier({ probabilities, labels, prior }, dataSha256),
    regression: scoreErrors({ predictions, returns }),
  };
}

type FiguresByWay = ReadonlyMap<Way, readonly PairFigures[]>;

function toFigures(bot: string, way: Way, byWay: FiguresByWay): readonly Figure[] {
  const pairs = byWay.get(way) ?? [];
  const valuesOf = (key: keyof PairFigures): readonly number[] => pairs.map((pair) => pair[key]);
  const isPositive = (value: number): boolean => value > 0;
  return [
    ...toEstimates(`${bot} ${way}`, valuesOf),
    {
      name: `${bot} ${way}: total skill > 0`,
      value: shareOf(valuesOf('total'), isPositive),
      unit: '',
    },
    {
      name: `${bot} ${way}: direction skill > 0`,
      value: shareOf(valuesOf('direction'), isPositive),
      unit: '',
    },
  ];
}

const COMPARED: readonly (readonly [Way, Way])[] = [
  ['pool', 'separate'],
  ['residual', 'separate'],
  ['residual', 'pool'],
];

function toDifferences(bot: string, byWay: FiguresByWay): readonly Figure[] {
  return COMPARED.flatMap(([one, other]) => {
    const [ones, others] = [byWay.get(one) ?? [], byWay.get(other) ?? []];
    const name = `${bot} ${one} less ${other}`;
    const valuesOf = (key: keyof PairFigures): readonly number[] =>
      ones.map((pair, at) => pair[key] - (others[at]?.[key] ?? NaN));
    const better = shareOf(valuesOf('total'), (gain) => gain > 0);
    return [
      ...toEstimates(name, valuesOf),
      { name: `${name}: pairs with more total skill`, value: better, unit: '' },
    ];
  });
}

/** Each figure's mean over the pairs and its standard error. */
function toEstimates(
  name: string,
  valuesOf: (key: keyof PairFigures) => readonly number[],
): readonly Figure[] {
  return Object.entries(FIGURES).flatMap(([key, { name: title, unit }]) => {
    const values = valuesOf(key as keyof PairFigures);
    const centre = mean(values);
    const spread = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
    return [
      { name: `${name}: ${title}`, value: centre, unit },
      { name: '  ±', value: spread / Math.sqrt(values.length - 1), unit },
    ];
  });
}

function inWords(byWay: FiguresByWay, at: number): string {
  return WAYS.map((way) => {
    const pair = byWay.get(way)?.[at];
    if (pair === undefined) return '–';
    const { total, direction, auc, calibration } = pair;
    return [total.toFixed(4), direction.toFixed(4), auc.toFixed(3), calibration.toFixed(3)].join(
      ' ',
    );
  }).join(' | ');
}
