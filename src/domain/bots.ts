import type { ModelKey } from './model-key.js';

/** What a model answers with: probabilities of three classes, or one expected return. */
export type Task = 'classifier' | 'regressor';

/** A kind of model. Its fit is `trainer/evenkeel_trainer/bots/<name>.py`. */
export interface Bot {
  readonly name: string;
  readonly task: Task;
  /** The Python library that fits it, by the name under which the trainer states its version. */
  readonly library: 'catboost' | 'sklearn';
  /** One model for all instruments of a venue and timeframe, instead of one for each. */
  readonly isGlobal: boolean;
  /** Its models add up: they can be residuals on a base model, and be continued by a few more trees. */
  readonly isAdditive: boolean;
}

/**
 * Every bot there is. A new bot of a library named above needs its Python file and a line here; a new library also
 * its pin and its parameters (CONTRIBUTING.md, "A bot").
 */
export const BOTS: readonly Bot[] = [
  { name: 'catboost', task: 'classifier', library: 'catboost', isGlobal: false, isAdditive: true },
  {
    name: 'catboost_regressor',
    task: 'regressor',
    library: 'catboost',
    isGlobal: false,
    isAdditive: false,
  },
  {
    name: 'random_forest',
    task: 'regressor',
    library: 'sklearn',
    isGlobal: true,
    isAdditive: false,
  },
];

/** Stands for the bot in the key of a job that embeds the windows of a series (docs/look-alikes.md). */
export const EMBEDDING_BOT = 'embedding';

export const BOT_NAMES: readonly string[] = BOTS.map(({ name }) => name);

export function findBot(name: string): Bot | undefined {
  return BOTS.find((bot) => bot.name === name);
}

/** Whether one model of the bot speaks for all instruments. */
export function isGlobalBot(name: string): boolean {
  return findBot(name)?.isGlobal === true;
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
