/** Trainers of a daemon's usual jobs peak below it, in MB of 2^20 bytes. */
const MB_A_TRAINER = 300;

/** How many trainers work side by side: as many as were asked for, or as machine and memory limit allow. */
export function trainerCount(
  wanted: number | 'auto',
  { memoryLimitMb, cores }: { readonly memoryLimitMb: number; readonly cores: number },
): number {
  if (wanted !== 'auto') return wanted;
  return Math.max(1, Math.min(cores, Math.floor(memoryLimitMb / MB_A_TRAINER)));
}
