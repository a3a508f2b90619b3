/** One number of a benchmark, with what it is held against. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same work done the plain way, in the same run. */
  readonly baseline?: number;
  /** What the number must reach; without it, it only explains. */
  readonly bar?: Bar;
}

export type Bar = { readonly atMost: number } | { readonly atLeast: number };

export interface BenchmarkResult {
  readonly figures: readonly Figure[];
  /** What a reader must know to judge the figures: data, durations, what was left out. */
  readonly notes: readonly string[];
}

export interface BenchmarkOptions {
  /** The program `sqlite3mysql` of sqlite3-to-mysql, to be measured beside the migration. */
  readonly sqlite3ToMysql: string | undefined;
}

export interface Benchmark {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  /** Number of the bar, `P5` or `S3`. */
  readonly bar: string;
  readonly title: string;
  run(options: BenchmarkOptions): Promise<BenchmarkResult>;
}

export function meetsBar({ value, bar }: Figure): boolean | undefined {
  if (bar === undefined) return undefined;
  return 'atMost' in bar ? value <= bar.atMost : value >= bar.atLeast;
}
