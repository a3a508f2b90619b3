import type { ModelKey } from './model-key.js';

/** What a model answers with: probabilities of three classes, or one expected return. */
export type Task = 'classifier' | 'regressor';

/** A kind of model. Its fit is `trainer/evenkeel_trainer/bots/<name>.py`. */
export interface Bot {
  readonly name: string;
  readonly task: Task;
  /** The Python library that fits it, by the name under which the trainer states its version. */
  readonly library: 'catboost' | 'sklearn' | 'torch';
  /** One model for all instruments of a venue and timeframe, instead of one for each. */
  readonly isGlobal: boolean;
  /** Its models, or their last layers, add up: they can be residuals on a base model. */
  readonly isAdditive: boolean;
  /** An increment can continue its models: by a few more trees, or a few more epochs. */
  readonly isContinued: boolean;
  /** Rows that it reads to answer for the last of them: 1, or those of a sequence. */
  readonly windowRows: number;
  readonly trainerMb: TrainerMb;
}

/** What a trainer of a bot takes, in MB of 2^20 bytes. */
export interface TrainerMb {
  /** With less it fits nothing: a smaller limit is refused. */
  readonly least: number;
  /** The peak of its usual jobs lies below it. */
  readonly usual: number;
}

/** An interpreter with its libraries takes 150 MB before it fits anything. */
const TREES_MB: TrainerMb = { least: 150, usual: 300 };

/** PyTorch with the usual fit peaks at 330 to 356 MB (docs/deep-bots.md), and takes most of it from the start. */
const DEEP_MB: TrainerMb = { least: 400, usual: 400 };

/** Rows of candles that a deep bot reads. */
const SEQUENCE_ROWS = 48;

/** What the bots of one instrument, trees over single rows, have in common. */
const OF_TREES = {
  isGlobal: false,
  isContinued: false,
  windowRows: 1,
  trainerMb: TREES_MB,
} as const;
const DEEP = {
  task: 'classifier',
  library: 'torch',
  isGlobal: false,
  isAdditive: true,
  isContinued: true,
  windowRows: SEQUENCE_ROWS,
  trainerMb: DEEP_MB,
} as const;

/**
 * Every bot there is. A new bot of a library named above needs its Python file and a line here; a new library also
 * its pin and its parameters (CONTRIBUTING.md, "A bot").
 */
export const BOTS: readonly Bot[] = [
  {
    ...OF_TREES,
    name: 'catboost',
    task: 'classifier',
    library: 'catboost',
    isAdditive: true,
    isContinued: true,
  },
  {
    ...OF_TREES,
    name: 'catboost_regressor',
    task: 'regressor',
    library: 'catboost',
    isAdditive: false,
  },
  {
    ...OF_TREES,
    name: 'random_forest',
    task: 'regressor',
    library: 'sklearn',
    isGlobal: true,
    isAdditive: false,
  },
  { ...DEEP, name: 'lstm' },
  { ...DEEP, name: 'transformer' },
];

/** Stands for the bot in the key of a job that embeds the windows of a series (docs/look-alikes.md). */
export const EMBEDDING_BOT = 'embedding';

export const BOT_NAMES: readonly string[] = BOTS.map(({ name }) => name);

/** Other names under which people know a bot. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  BOTS.filter(({ library }) => library === 'torch').map(({ name }) => [`${name}_bot`, name]),
);

/** The name under which a bot is stored: `lstm` for `lstm_bot`. Names that are unknown stay as they are. */
export function toBotName(text: string): string {
  return ALIASES.get(text) ?? text;
}

/** Why there is no bot of that name; undefined where there is one. */
export function findBotFault(name: string): string | undefined {
  return BOT_NAMES.includes(name) ? undefined : `${name}; expected one of ${BOT_NAMES.join(', ')}`;
}

/** Whether the bot's library is an extra, which the setup installs only when it is asked to. */
export function needsTorch(name: string): boolean {
  return findBot(name)?.library === 'torch';
}

/** What one trainer takes that may get a job of any of the bots. */
export function trainerMbOf(names: readonly string[]): TrainerMb {
  const all = names.map((name) => findBot(name)?.trainerMb ?? TREES_MB);
  return {
    least: Math.max(TREES_MB.least, ...all.map(({ least }) => least)),
    usual: Math.max(TREES_MB.usual, ...all.map(({ usual }) => usual)),
  };
}

export function findBot(name: string): Bot | undefined {
  return BOTS.find((bot) => bot.name === name);
}

/** Whether one model of the bot speaks for all instruments. */
export function isGlobalBot(name: string): boolean {
  return findBot(name)?.isGlobal === true;
}

/** Rows that the bot reads to answer for the last of them. */
export function windowRowsOf(name: string): number {
  return findBot(name)?.windowRows ?? 1;
}

/** A bot that is gone but has left records is taken for a classifier, as the first ones were. */
export function taskOf(name: string): Task {
  return findBot(name)?.task ?? 'classifier';
}

/** Stands for the symbol in the key of a model that serves every instrument of its venue. */
export const GLOBAL_SYMBOL = '*';

/** The key of the model that speaks for an instrument: its own, or the one that all of them share. */
export function modelKeyFor<K extends ModelKey>(key: K): K {
  return isGlobalBot(key.bot) ? { ...key, symbol: GLOBAL_SYMBOL } : key;
}
