import type { Snapshot, SeenStatus } from './monitor-snapshot.js';

const COLORS = { green: 32, yellow: 33, red: 31, grey: 90, bold: 1 } as const;
type Color = keyof typeof COLORS;
type Paint = (text: string, color: Color) => string;

const LEVEL_COLORS: Readonly<Record<string, Color>> = {
  ok: 'green',
  degraded: 'yellow',
  failing: 'red',
  unknown: 'red',
  debug: 'grey',
  info: 'grey',
  warn: 'yellow',
  error: 'red',
};

/** A snapshot as text for a person. */
export function viewText(
  snapshot: Snapshot,
  { hasColors }: { readonly hasColors: boolean },
): string {
  const paint: Paint = (text, color) =>
    hasColors ? `\u001b[${COLORS[color]}m${text}\u001b[0m` : text;
  const { status } = snapshot;
  return [
    ...titleLines(snapshot, paint),
    ...healthLines(snapshot, paint),
    row('machine', machineText(snapshot), paint),
    ...(status === null ? [] : stateLines(snapshot, status, paint)),
    ...(status?.warnings ?? []).map((text) => row('warning', paint(text, 'yellow'), paint)),
    ...logLines(snapshot, paint),
    '',
  ].join('\n');
}

const NAME_CHARS = 10;

function row(name: string, text: string, paint: Paint): string {
  return `${paint(name.toUpperCase().padEnd(NAME_CHARS), 'bold')}${text}`;
}

function titleLines({ address, at, problem, status }: Snapshot, paint: Paint): string[] {
  const time = at.slice(0, 19).replace('T', ' ');
  if (status === null) {
    return [`Evenkeel at ${address}, ${time} UTC`, paint(problem ?? 'nothing is known', 'red')];
  }
  const { version, state, uptime_sec: uptime, exchange } = status;
  const demo = exchange.demo ? ': profits there mean nothing' : '';
  const market = status.market_time.slice(0, 16).replace('T', ' ');
  return [
    `Evenkeel ${version} at ${address}: ${state}, up ${durationText(uptime)}, ${time} UTC`,
    `${exchange.venue ?? exchange.id}${demo}, market time ${market}, ${status.database.engine}`,
  ];
}

function healthLines({ health, level }: Snapshot, paint: Paint): string[] {
  const head = row('health', paint(level, LEVEL_COLORS[level] ?? 'red'), paint);
  const checks = (health?.checks ?? []).flatMap((check) => {
    const findings = health?.findings.filter((one) => one.check === check.name) ?? [];
    return checkLines(check, findings, paint);
  });
  return [head, ...checks];
}

type SeenHealth = NonNullable<Snapshot['health']>;

/** One line a finding, and below it what to do and since when. */
function checkLines(
  { name, status, message }: SeenHealth['checks'][number],
  findings: SeenHealth['findings'],
  paint: Paint,
): string[] {
  const line = (level: string, text: string): string => {
    const shown = paint(level.padEnd(9), LEVEL_COLORS[level] ?? 'red');
    return `${' '.repeat(NAME_CHARS)}${shown} ${name.padEnd(10)} ${text}`;
  };
  if (findings.length === 0) return [line(status, message)];
  return findings.flatMap((finding) => [
    line(finding.level, finding.message),
    paint(
      `${' '.repeat(NAME_CHARS + 21)}since ${shortTime(finding.since)}: ${finding.fix}`,
      'grey',
    ),
  ]);
}

/** To the minute, UTC. */
function shortTime(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

function machineText({ machine }: Snapshot): string {
  const { cores, cpu_percent: cpu, load_1m: load, memory_free_mb: free } = machine;
  const { memory_total_mb: total, disk_free_gb: diskFree, disk_total_gb: diskTotal } = machine;
  const disk =
    diskFree === null || diskTotal === null
      ? 'disk unknown'
      : `disk ${diskFree.toFixed(1)} of ${diskTotal.toFixed(1)} GB free`;
  return [
    `cpu ${Math.round(cpu)} % of ${cores} cores, load ${load.toFixed(1)}`,
    `memory ${grouped(free)} of ${grouped(total)} MB free`,
    disk,
  ].join(' | ');
}

function stateLines(snapshot: Snapshot, status: SeenStatus, paint: Paint): string[] {
  return [
    ...(snapshot.process === null
      ? []
      : [row('daemon', daemonText(snapshot.process, status), paint)]),
    row('data', dataText(status), paint),
    row('training', trainingText(snapshot, status), paint),
    row('models', modelsText(snapshot, status), paint),
    row('cache', cacheText(status), paint),
    row('trading', tradingText(status), paint),
  ];
}

function daemonText(daemon: NonNullable<Snapshot['process']>, { loop }: SeenStatus): string {
  const { pid, cpu_percent: cpu, memory_mb: memory, processes } = daemon;
  const others = processes > 1 ? ` in ${processes} processes` : '';
  return [
    `process ${pid}`,
    `cpu ${cpu.toFixed(1)} % of a core`,
    `memory ${grouped(memory)} MB${others}`,
    `loop delay p99 ${loop.event_loop_delay_ms.p99.toFixed(1)} ms`,
  ].join(' | ');
}

function dataText({ collection }: SeenStatus): string {
  const { state, series, series_ready: ready, stale, backfill_percent: percent } = collection;
  return [
    `${state}: ${ready} of ${series} series`,
    ...(percent < 100 ? [`back-fill ${percent} %`] : []),
    ...(stale.length > 0 ? [`no new candles of ${stale.join(', ')}`] : []),
  ].join(' | ');
}

function trainingText({ training }: Snapshot, { queue }: SeenStatus): string {
  if (training === null) return `not here now | ${queue.pending} jobs wait`;
  const { state, paused_by: pausedBy, current_training: current } = training;
  return [
    pausedBy.length > 0 ? `${state} by ${pausedBy.join(', ')}` : state,
    ...(current === null
      ? []
      : [
          `${current.symbol} ${current.timeframe} ${current.bot}: ` +
            `${current.stage ?? 'starting'} ${Math.round(current.progress)} %`,
        ]),
    `${training.queue_length} wait`,
    `${training.completed_count} done, ${training.failed_count} failed`,
  ].join(' | ');
}

function modelsText({ models }: Snapshot, { model }: SeenStatus): string {
  const serve = `${model.trained} of ${model.expected} serve`;
  if (models === null) return serve;
  const { fresh_models: fresh, stale_models: stale, total_size_mb: size } = models;
  return `${serve} | ${fresh} fresh, ${stale} stale | ${size.toFixed(1)} MB`;
}

function cacheText({ cache }: SeenStatus): string {
  if (!cache.enabled) return 'off';
  const asked = cache.hits + cache.misses;
  const share = asked === 0 ? 'nothing asked yet' : `${grouped(asked)} asked`;
  const kept = asked === 0 ? '' : `, ${Math.round((100 * cache.hits) / asked)} % of them kept`;
  return [
    `${grouped(cache.entries)} of ${grouped(cache.max_entries)} predictions`,
    `life ${cache.life_hours} h`,
    `${share}${kept}`,
    `${grouped(cache.disk_bytes / 1024)} KB on disk`,
  ].join(' | ');
}

function tradingText({ trading }: SeenStatus): string {
  const { mode, state, equity, currency, open_positions: open, standby } = trading;
  const value = equity === null ? 'equity unknown' : `equity ${Number(equity).toFixed(2)}`;
  return [`${mode} ${state}`, standby ?? `${open} open`, `${value} ${currency}`.trim()].join(' | ');
}

function logLines({ log }: Snapshot, paint: Paint): string[] {
  if (log.length === 0) {
    return [row('log', 'no files: under systemd, journalctl -u evenkeel has the lines', paint)];
  }
  return log.map(({ time, level, message }, index) => {
    const shown = paint(level.toUpperCase().padEnd(5), LEVEL_COLORS[level] ?? 'grey');
    return row(index === 0 ? 'log' : '', `${time.slice(11, 19)} ${shown} ${message}`, paint);
  });
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
