import type { Settings } from '../../config/settings.js';
import type { Instrument } from '../domain/market.js';
import { ceilToStep, Money } from '../domain/money.js';
import type { MarketData } from '../exchange/market-data.js';
import { findRightsFault } from '../exchange/orders/key-rights.js';
import type { OrderRequest, VenueAccount, VenueRules } from '../exchange/orders/order-venue.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../lib/errors.js';

export interface LiveFinding {
  /** What was looked at: `key`, `rights`, or a symbol. */
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found and, where something is wrong, what to do about it. */
  readonly text: string;
}

export interface LiveReport {
  readonly exchange: string;
  readonly findings: readonly LiveFinding[];
  /** The venue did not answer a question: that it works is not known. */
  readonly isUnanswered: boolean;
}

export interface LiveCheckOptions {
  readonly settings: Settings;
  readonly data: Pick<MarketData, 'clock' | 'fetchQuotes'>;
  readonly account: VenueAccount;
  readonly instruments: readonly Instrument[];
  /** Configured names that the venue does not have, with the reason. */
  readonly refused: readonly string[];
}

type Found = Omit<LiveFinding, 'name'>;

/** A larger difference is seen in logs and in what is compared with other machines. */
const SKEW_WARNING_MS = 1_000;
const SKEW_FAILED_MS = 10_000;
const CLOCK_FIX = 'let it be set by NTP: timedatectl set-ntp true';
const TRIAL_ID = 'ek0000000000000000';
const HOUR_MS = 3_600_000;

/** Looks at all that live trading needs, and sends no order. */
export async function checkLive(options: LiveCheckOptions): Promise<LiveReport> {
  const { settings, account, instruments, refused } = options;
  const findings: LiveFinding[] = [];
  let isUnanswered = false;
  const look = async (name: string, work: () => Promise<Found> | Found): Promise<boolean> => {
    const found = await attempt(work);
    isUnanswered ||= found.isUnanswered;
    findings.push({ name, status: found.status, text: found.text });
    return found.status !== 'failed';
  };
  await look('confirmation', () => checkConfirmation(settings));
  await look('clock', () => checkClock(options.data.clock));
  const isKeyTaken = await look('key', async () => {
    await account.balances();
    return { status: 'ok', text: 'the venue takes the key and its signature' };
  });
  if (isKeyTaken) {
    await look('rights', () => checkRights(options));
    await look('balances', () => checkBalances(options));
    await look('fees', () => checkFees(options));
  }
  for (const reason of refused) findings.push({ name: 'symbol', status: 'failed', text: reason });
  for (const { symbol } of instruments) {
    await look(symbol, () => checkRules(account.rulesOf(symbol)));
  }
  if (isKeyTaken) await look('trial order', () => checkTrial(options));
  return { exchange: settings.exchange, findings, isUnanswered };
}

async function attempt(
  work: () => Promise<Found> | Found,
): Promise<Found & { readonly isUnanswered: boolean }> {
  try {
    return { ...(await work()), isUnanswered: false };
  } catch (error) {
    const isNamed = error instanceof ConfigError || error instanceof RejectedError;
    if (!isNamed && !(error instanceof TransientError)) throw error;
    const hint = isNamed ? '' : '; the venue may be in maintenance: see its status page, try again';
    return { status: 'failed', text: `${messageOf(error)}${hint}`, isUnanswered: !isNamed };
  }
}

function checkConfirmation({ exchange, confirmLive, tradingMode }: Settings): Found {
  if (confirmLive === exchange) {
    const text = tradingMode === 'live' ? 'live trading starts' : 'TRADING_MODE=live would start';
    return { status: 'ok', text: `CONFIRM_LIVE=${exchange}: ${text}` };
  }
  const shown = confirmLive === undefined ? 'is not set' : `is "${confirmLive}"`;
  const text = `CONFIRM_LIVE ${shown}: TRADING_MODE=live starts only with CONFIRM_LIVE=${exchange}`;
  return { status: 'warning', text };
}

function checkClock({ skewMs, speed }: MarketData['clock']): Found {
  if (speed !== 1) return { status: 'ok', text: `market time runs ${speed} times as fast here` };
  if (skewMs === undefined) {
    return { status: 'warning', text: "how far this machine's clock is off could not be measured" };
  }
  const text = `the venue's clock is ${skewMs} ms ahead of this machine's`;
  if (Math.abs(skewMs) < SKEW_WARNING_MS) return { status: 'ok', text };
  const isFar = Math.abs(skewMs) >= SKEW_FAILED_MS;
  return { status: isFar ? 'failed' : 'warning', text: `${text}; ${CLOCK_FIX}` };
}

async function checkRights({ account, settings, data }: LiveCheckOptions): Promise<Found> {
  const rights = await account.rights();
  const { trade, withdraw, expiresAt, isSubAccount, isBoundToAddress } = rights;
  const nowMs = data.clock.marketMs();
  const { allowWithdrawalKeys } = settings;
  const fault = findRightsFault(rights, { nowMs, allowWithdrawalKeys });
  if (fault !== undefined) return { status: 'failed', text: `the key ${fault}` };
  const remarks = [
    trade === undefined ? 'whether it may trade is not told' : 'it may trade',
    withdrawText(withdraw),
    ...(isSubAccount === true ? ['it belongs to a sub-account: only what that holds counts'] : []),
    ...(isBoundToAddress === false ? ['any address may use it: bind it to this machine’s'] : []),
    ...(expiresAt !== undefined && expiresAt > 0
      ? [`it expires ${new Date(expiresAt).toISOString().slice(0, 10)}`]
      : []),
  ];
  const isSure = trade === true && withdraw === false;
  const isSoon = expiresAt !== undefined && expiresAt > 0 && expiresAt - nowMs < 7 * 24 * HOUR_MS;
  return { status: isSure && !isSoon ? 'ok' : 'warning', text: remarks.join('; ') };
}

function withdrawText(withdraw: boolean | undefined): string {
  if (withdraw === undefined) {
    return 'whether it may withdraw is not told by this venue: see that it may not';
  }
  return withdraw ? 'it may withdraw, which ALLOW_WITHDRAWAL_KEYS accepts' : 'it may not withdraw';
}

async function checkBalances({ account, instruments }: LiveCheckOptions): Promise<Found> {
  const balances = await account.balances();
  const quote = instruments[0]?.quote ?? '';
  const cash = balances.get(quote)?.free ?? new Money(0);
  const texts = [...balances].map(([currency, { free, used }]) => {
    const held = used.isZero() ? '' : ` (${used.toFixed()} more are held by open orders)`;
    return `${free.toFixed()} ${currency}${held}`;
  });
  if (cash.isZero()) {
    return { status: 'warning', text: `no free ${quote} to trade with: ${texts.join(', ')}` };
  }
  return { status: 'ok', text: texts.join(', ') };
}

async function checkFees({ account, instruments, settings }: LiveCheckOptions): Promise<Found> {
  const [first] = instruments;
  if (first === undefined) return { status: 'skipped', text: 'no symbol' };
  const { maker, taker } = await account.feesOf(first.symbol);
  if (taker === undefined) {
    return { status: 'warning', text: `the venue does not tell; FEE_RATE=${settings.feeRate}` };
  }
  const text = `taker ${taker.toFixed()}, maker ${maker?.toFixed() ?? 'not told'} in ${first.symbol}`;
  if (taker.eq(settings.feeRate)) return { status: 'ok', text };
  const fix = `FEE_RATE=${settings.feeRate} is used where decisions count costs: set ${taker.toFixed()}`;
  return { status: 'warning', text: `${text}; ${fix}` };
}

function checkRules(rules: VenueRules): Found {
  if (!rules.isTrading) {
    const text = `${rules.symbol} is suspended or delisted: take it out of SYMBOLS, or wait`;
    return { status: 'failed', text };
  }
  const { sizeStep, priceTick, minCost, minSize, stops } = rules;
  const parts = [
    `size step ${sizeStep?.toFixed() ?? 'not told'}`,
    `tick ${priceTick?.toFixed() ?? 'not told'}`,
    ...(minCost === undefined ? [] : [`smallest order ${minCost.toFixed()} ${rules.quote}`]),
    ...(minSize === undefined ? [] : [`smallest size ${minSize.toFixed()} ${rules.base}`]),
    stops === 'none' ? 'no stop can rest at the venue' : 'stops can rest at the venue',
  ];
  const isComplete = sizeStep !== undefined && priceTick !== undefined;
  return { status: isComplete ? 'ok' : 'failed', text: parts.join(', ') };
}

async function checkTrial(options: LiveCheckOptions): Promise<Found> {
  const { account, instruments, data } = options;
  if (!account.abilities.trialOrders) {
    const text = 'the venue has none; its testnet, where it has one, is the only rehearsal';
    return { status: 'skipped', text };
  }
  const [first] = instruments;
  if (first === undefined) return { status: 'skipped', text: 'no symbol' };
  const { quotes } = await data.fetchQuotes([first.symbol]);
  const [quote] = quotes;
  if (quote === undefined) return { status: 'skipped', text: `${first.symbol} has no price` };
  const request = trialRequest(account.rulesOf(first.symbol), new Money(quote.ask));
  if (request === undefined) return { status: 'skipped', text: `${first.symbol} has no size step` };
  const answer = await account.trial(request);
  const what = `a purchase of ${request.sizeBase.toFixed()} ${first.base}, which is not carried out`;
  if (answer.status === 'passed') return { status: 'ok', text: `the venue would take ${what}` };
  return { status: 'failed', text: answer.reason };
}

/** The smallest purchase that the rules allow, with a tenth to spare. */
function trialRequest(rules: VenueRules, ask: Money): OrderRequest | undefined {
  const { sizeStep, priceTick, minCost, minSize, symbol } = rules;
  if (sizeStep === undefined || priceTick === undefined) return undefined;
  const byCost = (minCost ?? new Money(0)).times('1.1').div(ask);
  const wanted = Money.max(byCost, minSize ?? 0, sizeStep);
  return {
    clientOrderId: TRIAL_ID,
    symbol,
    side: 'buy',
    kind: 'limit-ioc',
    sizeBase: ceilToStep(wanted, sizeStep),
    price: ceilToStep(ask, priceTick),
  };
}
