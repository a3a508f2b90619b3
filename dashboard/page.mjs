// The page of the daemon: asks the API every two seconds and shows what it says, word for word.
import { createCharts } from '/page/chart.mjs';

const REFRESH_MS = 2000;
const DECISIONS_SHOWN = 40;
const CANDLES_SHOWN = 300;

const byId = (id) => document.getElementById(id);
const chart = createCharts(byId('chart'));
let shownSymbol;
/** Ends the wait for the next round. */
let wake = () => undefined;
let timeZone;

async function ask(path) {
  const token = sessionStorage.getItem('token');
  const answer = await fetch(path, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });
  if (answer.status === 401) {
    sessionStorage.setItem('token', prompt('API_TOKEN') ?? '');
    throw new Error('The token was refused; reload to enter another');
  }
  const body = await answer.json();
  // An ill daemon answers its health with 503 and the checks in the body.
  if (!answer.ok && body.checks === undefined) throw new Error(body.error.message);
  return body;
}

/** Nothing there yet is an answer too: a fresh daemon has no analysis. */
async function askOrNothing(path) {
  try {
    return await ask(path);
  } catch {
    return undefined;
  }
}

async function refresh() {
  const status = await ask('/api/status');
  timeZone = status.display_timezone ?? undefined;
  showHead(status);
  const symbol = encodeURIComponent(shownSymbol);
  const [analysis, model, candles, signals, trades, decisions, positions, equity, health] =
    await Promise.all([
      askOrNothing(`/api/analysis/${symbol}`),
      ask(`/api/model/status?symbol=${symbol}`),
      askOrNothing(`/api/candles/${symbol}?limit=${CANDLES_SHOWN}`),
      ask(`/api/signals?symbol=${symbol}&limit=${CANDLES_SHOWN}`),
      ask(`/api/trades?symbol=${symbol}&limit=100`),
      ask(`/api/decisions?limit=${DECISIONS_SHOWN}`),
      ask('/api/positions?limit=20'),
      ask('/api/equity?limit=1'),
      ask('/api/health'),
    ]);
  if (candles !== undefined)
    chart.show(shownSymbol, candles.candles, signals.signals, trades.trades);
  showNow(analysis);
  showModel(model);
  showBooks(status, equity, positions);
  showHealth(health);
  showDecisions(decisions.decisions);
}

function showHead(status) {
  const badges = [
    [
      status.exchange.demo ? 'DEMO: profits here mean nothing' : status.exchange.id,
      status.exchange.demo,
    ],
    [`${status.trading.mode} trading`, status.trading.mode === 'live'],
    [status.state, status.state !== 'running'],
    [status.database.engine, status.database.fallback],
  ];
  replace(
    byId('badges'),
    badges.map(([text, isLoud]) => element('span', text, isLoud ? 'badge loud' : 'badge')),
  );
  byId('clock').textContent = `market time ${time(status.market_time)}`;
  fillSelect(status.symbols);
  const warnings = byId('warnings');
  warnings.hidden = status.warnings.length === 0;
  replace(
    warnings,
    status.warnings.map((warning) => element('li', warning)),
  );
}

function fillSelect(symbols) {
  const select = byId('symbol');
  const wanted = symbols.map(({ unified_symbol }) => unified_symbol);
  const current = [...select.options].map(({ value }) => value);
  if (wanted.join() !== current.join()) {
    replace(
      select,
      wanted.map((symbol) => new Option(symbol, symbol)),
    );
  }
  shownSymbol = wanted.includes(shownSymbol) ? shownSymbol : wanted[0];
  select.value = shownSymbol ?? '';
}

function showNow(analysis) {
  if (analysis === undefined) return describe(byId('now'), [['signal', 'none yet']]);
  const { prediction, confidence, fallback } = analysis;
  const indicators = analysis.fallback_indicators;
  describe(byId('now'), [
    [
      'signal',
      element('strong', `${prediction} ${confidence.toFixed(1)} %`, prediction.toLowerCase()),
    ],
    ['by', fallback ? `fallback: ${analysis.fallback_reason}` : 'model'],
    ['candle', time(analysis.candle_open_time)],
    analysis.probabilities && [
      'sell / hold / buy',
      ['sell', 'hold', 'buy']
        .map((name) => (100 * analysis.probabilities[name]).toFixed(1))
        .join(' / '),
    ],
    analysis.expected_move !== null && [
      'expected',
      `${(100 * analysis.expected_move).toFixed(2)} %`,
    ],
    indicators && ['SMA 14 / 50', `${round(indicators.sma_14)} / ${round(indicators.sma_50)}`],
    indicators && ['RSI', round(indicators.rsi)],
    analysis.decision && ['decision', analysis.decision.action],
    analysis.decision && ['because', analysis.decision.reason],
  ]);
}

function showModel(model) {
  const score = model.test_score;
  describe(byId('model'), [
    ['serves', model.is_trained ? 'yes' : 'no: fallback'],
    model.fallback_reason && ['because', model.fallback_reason],
    ['trained', time(model.last_training_time)],
    ['candles', model.samples_in_last_train ?? '–'],
    score?.skill && ['skill', interval(score.skill)],
    score?.direction_skill && ['direction skill', interval(score.direction_skill)],
    model.verdict && ['verdict', `${model.verdict.gate}: ${model.verdict.reason}`],
    model.live_score && ['live', model.live_score.text],
    ...attemptRows(model),
    model.last_training_error && ['last error', model.last_training_error],
    model.training_cooldown_active && ['next try', time(model.next_retry_at)],
    ['training', model.training_state],
  ]);
  const bar = byId('training');
  bar.hidden = model.training_progress === 0 || model.training_progress === 100;
  bar.value = model.training_progress;
}

/** The newest attempt, where it is another than the model that serves. */
function attemptRows({ last_attempt: attempt, model_uid: servingUid }) {
  if (attempt === null || attempt.model_uid === servingUid) return [];
  const { outcome, reason, attempted_at: at } = attempt;
  return [
    ['last attempt', `${outcome}, ${time(at)}`],
    // The reason of a failure is the last error.
    outcome !== 'failed' && reason && ['its reason', reason],
  ];
}

function showBooks(status, equity, positions) {
  const newest = equity.equity[0];
  describe(byId('books'), [
    ['equity', newest ? `${Number(newest.equity).toFixed(2)} ${status.trading.currency}` : '–'],
    ['cash', newest ? Number(newest.cash).toFixed(2) : '–'],
    ['fallback trades', status.trading.allow_fallback_execution ? 'allowed' : 'not allowed'],
    status.trading.halt && [
      'halt',
      `${status.trading.halt.reason} (${status.trading.halt.author})`,
    ],
    status.trading.standby && ['standby', status.trading.standby],
  ]);
  table(
    byId('positions'),
    [
      ['market', (p) => p.unified_symbol],
      ['opened', (p) => time(p.opened_at), 'aside'],
      ['size', (p) => p.size_base],
      ['entry', (p) => priceOf(p.entry_price)],
      ['stop', (p) => priceOf(p.stop_price), 'aside'],
      ['exit', (p) => priceOf(p.exit_price), 'aside'],
      ['result', (p) => (p.realized_pnl ? Number(p.realized_pnl).toFixed(2) : '–')],
      ['state', (p) => p.exit_reason ?? p.status],
    ],
    positions.positions,
  );
}

function priceOf(text) {
  return text ? round(Number(text)) : '–';
}

function showHealth(health) {
  describe(
    byId('health'),
    health.checks.map((check) => [
      check.name,
      checkElement(
        check,
        health.findings.filter((finding) => finding.check === check.name),
      ),
    ]),
  );
}

/** What is wrong, what to do about it and since when. */
function checkElement({ status, message }, findings) {
  if (findings.length === 0) return element('span', message, status);
  const list = document.createElement('div');
  for (const finding of findings) {
    list.append(
      element('div', finding.message, finding.level),
      element('div', `since ${time(finding.since)}: ${finding.fix}`, 'fix'),
    );
  }
  return list;
}

function showDecisions(decisions) {
  table(
    byId('decisions'),
    [
      ['candle', (d) => time(d.candle_open_time)],
      ['market', (d) => d.unified_symbol],
      [
        'signal',
        (d) => `${d.prediction ?? ''} ${d.confidence === null ? '' : d.confidence.toFixed(1)}`,
      ],
      ['by', (d) => d.source ?? '', 'aside'],
      ['decision', (d) => d.action],
      ['reason', (d) => d.reason],
    ],
    decisions,
  );
}

function interval({ estimate, lower, upper }) {
  const nat = (value) => value.toFixed(4);
  return `${nat(estimate)} (${nat(lower)} to ${nat(upper)}) nat`;
}

function round(value) {
  return Number(value.toPrecision(7)).toString();
}

function time(iso) {
  if (iso === null || iso === undefined) return '–';
  const options = { dateStyle: 'short', timeStyle: 'short', ...(timeZone ? { timeZone } : {}) };
  return new Date(iso).toLocaleString([], options);
}

/** Text always goes in as text: nothing that the API says is ever read as HTML. */
function element(tag, content, className) {
  const made = document.createElement(tag);
  made.append(content);
  if (className !== undefined) made.className = className;
  return made;
}

function replace(parent, children) {
  parent.replaceChildren(...children);
}

function describe(list, rows) {
  replace(
    list,
    rows.filter(Boolean).flatMap(([name, value]) => [element('dt', name), element('dd', value)]),
  );
}

/** Columns are [heading, cell of a row, class]; `aside` is left out where there is little space. */
function table(target, columns, rows) {
  const line = (tag, textOf) => {
    const made = document.createElement('tr');
    made.append(...columns.map((column) => element(tag, String(textOf(column)), column[2])));
    return made;
  };
  const head = line('th', ([heading]) => heading);
  replace(target, [head, ...rows.map((row) => line('td', ([, cellOf]) => cellOf(row)))]);
}

byId('symbol').addEventListener('change', (event) => {
  shownSymbol = event.target.value;
  wake();
});

/** One round after the other: a slow daemon is never asked twice at once. */
async function run() {
  const notice = byId('notice');
  try {
    await refresh();
    notice.hidden = true;
  } catch (error) {
    notice.textContent = `No answer from the daemon: ${error.message}`;
    notice.hidden = false;
  }
}

for (;;) {
  await run();
  await new Promise((resolve) => {
    wake = resolve;
    setTimeout(resolve, REFRESH_MS);
  });
}
