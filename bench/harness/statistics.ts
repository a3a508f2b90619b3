/** Value below which `share` of the values lie, by the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Share of the values for which something holds. */
export function shareOf(values: readonly number[], holds: (value: number) => boolean): number {
  return values.filter(holds).length / values.length;
}

export interface RunTimes {
  /** Milliseconds of each run by the clock on the wall: on a busy machine, waiting included. */
  readonly wallMs: readonly number[];
  /** Milliseconds of a run on the processor, on average, all threads of the process together. */
  readonly processorMs: number;
}

/** Times `runs` calls, after `warmups` that are not counted. */
export async function timeRuns(
  work: () => unknown,
  { runs, warmups }: { readonly runs: number; readonly warmups: number },
): Promise<RunTimes> {
  for (let run = 0; run < warmups; run++) await work();
  const wallMs: number[] = [];
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) {
    const startedAt = performance.now();
    await work();
    wallMs.push(performance.now() - startedAt);
  }
  const { user, system } = process.cpuUsage(before);
  return { wallMs, processorMs: (user + system) / 1000 / runs };
}
