import SqliteDatabase from 'better-sqlite3';

/**
 * A process that writes to a source as a daemon does: every transaction adds a candle, a signal and
 * its decision, and counts up one run, until it is told to end. Answers `ready` once it has begun.
 */
const [file = '', startAt = '0'] = process.argv.slice(2);
const database = new SqliteDatabase(file);
database.pragma('journal_mode = WAL');
database.pragma('wal_autocheckpoint = 50');

const candle = database.prepare(
  'INSERT INTO market_data VALUES (1, ?, 1, 2, 0.5, 1.5, 3, 1, 0, ?)',
);
const signal = database.prepare(
  `INSERT INTO signals (uid, venue, symbol, timeframe, bot, candle_open_time, origin, source, close,
    prediction, confidence, signaled_at, row_version, created_at)
    VALUES (?, 'v', 's', '1h', 'b', ?, 'fallback', 'fallback', 1.5, 'BUY', 60, ?, 1, ?)`,
);
const decision = database.prepare(
  `INSERT INTO decisions (uid, venue, symbol, timeframe, bot, signal_uid, candle_open_time, action,
    reason, is_advisory, decided_at, created_at)
    VALUES (?, 'v', 's', '1h', 'b', ?, ?, 'skip', 'test', 0, ?, ?)`,
);
const count = database.prepare(
  'UPDATE runs SET pid = pid + 1, row_version = row_version + 1 WHERE id = 1',
);

let at = Number(startAt);
const step = database.transaction(() => {
  at += 60_000;
  candle.run(at, at);
  signal.run(`s-${at}`, at, at, at);
  decision.run(`d-${at}`, `s-${at}`, at, at, at);
  count.run();
});

const timer = setInterval(() => {
  for (let index = 0; index < 2; index++) step.immediate();
}, 10);
process.once('SIGTERM', () => {
  clearInterval(timer);
  database.close();
});
step.immediate();
process.stdout.write('ready\n');
