import { BOTS, needsTorch, type Bot } from '../../domain/bots.js';
import type { PythonCheck } from './check-python.js';
import { requireTorch } from './torch-extra.js';

/** What a worker can train. */
export interface Ability {
  /** Names of bots. */
  readonly bots: readonly string[];
  /** Why it cannot train the others, and what mends that; undefined where it can train all. */
  readonly lack: string | undefined;
}

export interface TrainerLimits {
  /** Trainers side by side. */
  readonly count: number;
  /** Of all of them together, in MB of 2^20 bytes. */
  readonly memoryLimitMb: number;
}

/** Which bots can be trained with that Python and that memory. */
export function findAbility(check: PythonCheck, limits: TrainerLimits): Ability {
  const lacks = BOTS.map((bot) => ({ bot, lack: findLack(bot, check, limits) }));
  const reasons = new Set(lacks.flatMap(({ lack }) => lack ?? []));
  return {
    bots: lacks.filter(({ lack }) => lack === undefined).map(({ bot }) => bot.name),
    lack: reasons.size === 0 ? undefined : [...reasons].join('; '),
  };
}

function findLack(
  { name, trainerMb }: Bot,
  check: PythonCheck,
  { count, memoryLimitMb }: TrainerLimits,
): string | undefined {
  const found = needsTorch(name) ? requireTorch(check) : check;
  if (found.status !== 'ok') return `${found.message} (${found.fix})`;
  const neededMb = count * trainerMb.least;
  if (neededMb <= memoryLimitMb) return undefined;
  return `${name} with TRAIN_PROCESSES=${count} needs TRAIN_MEMORY_MB=${neededMb} at least; it is ${memoryLimitMb}`;
}
