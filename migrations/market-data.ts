import { addColumns, CANDLE_TABLE, createTable, type Migration } from './ddl.js';

const VIEW_COLUMNS =
  's.venue, s.symbol, s.timeframe, m.open_time, m.open, m.high, m.low, m.close, m.volume, m.revision';

const SOURCE_NAME = "CASE m.source WHEN 0 THEN 'rest' WHEN 1 THEN 'csv' ELSE 'ticker' END";

/** Candles with names and readable times, for people; programs read the table. */
const marketDataNamed: Migration = {
  name: '0003_market_data_named',
  statements: (dialect, candleTable = CANDLE_TABLE) => {
    const from = `FROM \`${candleTable}\` m JOIN series s ON s.id = m.series_id`;
    // Otherwise the words would take the collation of the creator's connection.
    const collation = dialect === 'mysql' ? 'COLLATE utf8mb4_bin' : '';
    const columns = `${VIEW_COLUMNS}, (${SOURCE_NAME}) ${collation} AS source`;
    if (dialect === 'sqlite') {
      const openAt = "strftime('%Y-%m-%d %H:%M:%S', m.open_time / 1000, 'unixepoch')";
      return [
        `CREATE VIEW IF NOT EXISTS market_data_named AS SELECT ${columns}, ${openAt} AS open_at ${from}`,
      ];
    }
    const openAt = "TIMESTAMPADD(SECOND, m.open_time DIV 1000, '1970-01-01 00:00:00')";
    return [
      `CREATE OR REPLACE SQL SECURITY INVOKER VIEW market_data_named AS SELECT ${columns}, ${openAt} AS open_at ${from}`,
    ];
  },
};

/** No foreign key and no second index: every byte and every check counts a million times here. */
const marketData: Migration = {
  name: '0002_market_data',
  statements: (dialect, candleTable = CANDLE_TABLE) =>
    createTable('', {
      name: candleTable,
      columns: {
        series_id: 'integer',
        open_time: 'time',
        open: 'double',
        high: 'double',
        low: 'double',
        close: 'double',
        volume: 'double',
        revision: 'small',
        source: 'flag',
        created_at: 'time',
      },
      primaryKey: ['series_id', 'open_time'],
    }).statements(dialect),
};

/** What was collected, what the venue does not have, and what was refused. */
export const MARKET_DATA_MIGRATIONS: readonly Migration[] = [
  createTable('0001_series', {
    name: 'series',
    columns: {
      uid: 'uid',
      venue: 'venue',
      symbol: 'symbol',
      market_id: 'symbol',
      timeframe: 'timeframe',
      birth_open_time: 'time?',
      has_volume: 'flag',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid'], ['venue', 'symbol', 'timeframe']],
  }),
  marketData,
  marketDataNamed,
  createTable('0004_known_gaps', {
    name: 'known_gaps',
    columns: {
      series_id: 'integer',
      from_open_time: 'time',
      to_open_time: 'time',
      reason: 'word',
      row_version: 'integer',
      created_at: 'time',
    },
    primaryKey: ['series_id', 'from_open_time'],
    references: { series_id: 'series.id' },
  }),
  createTable('0005_quarantined_candles', {
    name: 'quarantined_candles',
    columns: {
      series_id: 'integer',
      open_time: 'time',
      candle: 'json',
      reason: 'text',
      created_at: 'time',
    },
    primaryKey: ['series_id', 'open_time'],
    references: { series_id: 'series.id' },
  }),
  createTable('0006_real_time_prices', {
    name: 'real_time_prices',
    columns: {
      venue: 'venue',
      symbol: 'symbol',
      venue_time: 'time',
      bid: 'decimal',
      ask: 'decimal',
      last: 'decimal',
      created_at: 'time',
    },
    primaryKey: ['venue', 'symbol', 'venue_time'],
  }),
  // What is known of instruments besides their prices.
  createTable('0033_item_attributes', {
    name: 'item_attributes',
    columns: {
      venue: 'venue',
      symbol: 'symbol',
      // Such as type, condition, variant.
      name: 'word',
      value: 'label',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['venue', 'symbol', 'name']],
  }),
  // Grids of venues whose bars open at other times, and gaps that are asked for again.
  addColumns('0038_grid_offset', 'series', { grid_offset_ms: { type: 'time?' } }),
  addColumns('0039_gap_questions', 'known_gaps', {
    // Market times: when the gap was last found, and when it was last asked for again.
    noted_at: { type: 'time?' },
    asked_at: { type: 'time?' },
  }),
  // What the venue demands of an order, as it was stated last: a backtest keeps to it.
  addColumns('0064_order_rules', 'series', {
    size_step: { type: 'decimal?' },
    price_tick: { type: 'decimal?' },
    min_size: { type: 'decimal?' },
    min_cost: { type: 'decimal?' },
  }),
  addColumns('0066_largest_orders', 'series', {
    max_size: { type: 'decimal?' },
    max_cost: { type: 'decimal?' },
  }),
];
