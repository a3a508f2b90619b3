import { needsTorch } from '../../domain/bots.js';

/** Trainers of a daemon's usual jobs peak below it, in MB of 2^20 bytes. */
const MB_A_TRAINER = 300;

/** PyTorch takes more before it fits anything. */
const MB_A_DEEP_TRAINER = 400;

/** How many trainers work side by side: as many as were asked for, or as machine and memory limit allow. */
export function trainerCount(
  wanted: number | 'auto',
  {
    memoryLimitMb,
    cores,
    bots = [],
  }: {
    readonly memoryLimitMb: number;
    readonly cores: number;
    readonly bots?: readonly string[];
  },
): number {
  if (wanted !== 'auto') return wanted;
  const each = bots.some(needsTorch) ? MB_A_DEEP_TRAINER : MB_A_TRAINER;
  return Math.max(1, Math.min(cores, Math.floor(memoryLimitMb / each)));
}
