import { BOTS, needsTorch, type Bot } from '../../domain/bots.js';
import type { PythonCheck } from './check-python.js';
import { requireTorch } from './torch-extra.js';
import type { DeepParams } from './trainer-job.js';

/** What a worker can train. */
export interface Ability {
  /** Names of bots. */
  readonly bots: readonly string[];
  /** Why it cannot train the others, and what mends that; undefined where it can train all. */
  readonly lack: string | undefined;
  /** Name of the graphics card that deep bots can be fitted on. */
  readonly accelerator: string | undefined;
}

export interface TrainerLimits {
  /** Trainers side by side. */
  readonly count: number;
  /** Of all of them together, in MB of 2^20 bytes. */
  readonly memoryLimitMb: number;
}

/** What is asked of a worker's machine. */
export interface TrainerNeeds extends TrainerLimits, Pick<DeepParams, 'device'> {}

/** Which bots can be trained with that Python, that memory and that graphics card. */
export function findAbility(check: PythonCheck, needs: TrainerNeeds): Ability {
  const lacks = BOTS.map((bot) => ({ bot, lack: findLack(bot, check, needs) }));
  const reasons = new Set(lacks.flatMap(({ lack }) => lack ?? []));
  return {
    bots: lacks.filter(({ lack }) => lack === undefined).map(({ bot }) => bot.name),
    lack: reasons.size === 0 ? undefined : [...reasons].join('; '),
    accelerator: check.status === 'ok' ? check.accelerator : undefined,
  };
}

const NO_CARD =
  'TRAIN_DEVICE=cuda, and PyTorch finds no graphics card here (set TRAIN_DEVICE=auto or cpu on the daemon, or install a build of PyTorch for the card)';

function findLack(
  { name, trainerMb }: Bot,
  check: PythonCheck,
  { count, memoryLimitMb, device }: TrainerNeeds,
): string | undefined {
  const isDeep = needsTorch(name);
  const found = isDeep ? requireTorch(check) : check;
  if (found.status !== 'ok') return `${found.message} (${found.fix})`;
  if (isDeep && device === 'cuda' && found.accelerator === undefined) return NO_CARD;
  const neededMb = count * trainerMb.least;
  if (neededMb <= memoryLimitMb) return undefined;
  return `${name} with TRAIN_PROCESSES=${count} needs TRAIN_MEMORY_MB=${neededMb} at least; it is ${memoryLimitMb}`;
}
