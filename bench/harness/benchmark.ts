/** One number of a benchmark, with its baseline and its bar. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same work done in the plainest way, in the same run. */
  readonly baseline?: number;
  /** What the number must reach. A number without a bar explains the others. */
  readonly bar?: Bar;
}

export type Bar = { readonly atMost: number } | { readonly atLeast: number };

export interface BenchmarkResult {
  readonly figures: readonly Figure[];
  /** What a reader needs to judge the figures: data, durations, what was left out. */
  readonly notes: readonly string[];
}

export interface BenchmarkOptions {
  /** The program `sqlite3mysql` of sqlite3-to-mysql, measured for comparison. */
  readonly sqlite3ToMysql: string | undefined;
  /** Of market time, where a benchmark takes so many; its own where undefined. */
  readonly weeks: number | undefined;
  /** How many dashboards are open in a browser meanwhile, where a benchmark measures a daemon's API. */
  readonly dashboards: number;
  /** Whether `close` measures beside a running backtest as well. */
  readonly isBesideBacktest: boolean;
}

export interface Benchmark {
  /** The NAME in `npm run bench -- NAME`. */
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
