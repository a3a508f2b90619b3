export interface GrowingPause {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause after so many failures in a row, from 1: the first one, then twice as long each time, up to the longest. */
export function growingPauseMs(failures: number, { firstMs, longestMs }: GrowingPause): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
