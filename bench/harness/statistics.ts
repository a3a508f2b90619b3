/** The value below which `share` of the values lie, by nearest rank. */
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

/** Share of the values that meet a condition. */
export function shareOf(values: readonly number[], holds: (value: number) => boolean): number {
  return values.filter(holds).length / values.length;
}

export interface RunTimes {
  /** Wall time of each run in milliseconds; on a busy machine it includes waiting. */
  readonly wallMs: readonly number[];
  /** Mean processor time of a run in milliseconds, over all threads of the process. */
  readonly processorMs: number;
}

/** Times `runs` calls, after `warmups` calls that do not count. */
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
