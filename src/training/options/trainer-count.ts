import { trainerMbOf } from '../../domain/bots.js';

/** How many trainers work side by side: as many as were asked for, or as machine and memory limit allow. */
export function trainerCount(
  wanted: number | 'auto',
  {
    memoryLimitMb,
    cores,
    bots,
  }: {
    readonly memoryLimitMb: number;
    readonly cores: number;
    /** Any trainer may get a job of any of them. */
    readonly bots: readonly string[];
  },
): number {
  if (wanted !== 'auto') return wanted;
  return Math.max(1, Math.min(cores, Math.floor(memoryLimitMb / trainerMbOf(bots).usual)));
}
