import type { Instrument } from '../market/instrument.js';

/** A generated pair: what it is called and how it behaves. */
export interface GeneratedPair {
  readonly base: string;
  /** Price of the first bar and the level to which the price is pulled in the long run, in USDT. */
  readonly price: number;
  /** Typical standard deviation of an hour's log return. */
  readonly hourlyVolatility: number;
  /** Typical turnover of an hour in USDT. */
  readonly hourlyTurnover: number;
  /** Correlation of the hour's shock with that of the whole market. */
  readonly marketCorrelation: number;
}

/**
 * Name, price in USDT and the two magnitudes that set a pair apart: hourly volatility in tenths of a
 * per cent and hourly turnover in thousands of USDT. In the order in which the venue lists them.
 */
const TABLE = `
BTC 42000 5 60000, ETH 2300 6 32000, SOL 98 8.5 18000, BNB 310 6 9000, XRP 0.57 7 8500,
DOGE 0.089 8 6500, ADA 0.52 7.5 5200, AVAX 36 8.5 4800, LINK 14.8 8 4300, DOT 7.6 7.5 3100,
TRX 0.107 5 2600, MATIC 0.87 8 3300, LTC 71 6.5 2900, BCH 245 7.5 2300, UNI 6.8 8.5 1900,
ATOM 10.4 8 1800, ETC 26 8 1700, XLM 0.119 6.5 1300, FIL 5.6 9 1900, APT 9.4 9.5 2100,
NEAR 3.1 9.5 2400, ICP 11.8 10 1700, ARB 1.62 10 2500, OP 3.3 10 2200, INJ 36 11 1900,
HBAR 0.084 8.5 900, VET 0.033 8.5 800, MKR 1720 8 700, AAVE 104 8.5 950, GRT 0.17 9.5 850,
ALGO 0.21 8.5 780, RUNE 5.2 11 1300, STX 1.5 10.5 1200, IMX 2.1 10 900, SAND 0.53 9 760,
MANA 0.49 9 690, AXS 8.3 9 640, THETA 1.12 9 600, EGLD 62 8.5 540, FTM 0.41 11 1250,
QNT 128 8 330, FLOW 0.93 9 430, CHZ 0.083 8.5 560, GALA 0.028 9.5 880, SNX 3.7 9.5 480,
CRV 0.58 9.5 690, LDO 2.9 10 820, DYDX 2.9 10 660, ENS 9.6 10.5 620, KAVA 0.87 8.5 350,
ZIL 0.024 9 380, ENJ 0.31 9 340, BAT 0.24 8.5 260, COMP 56 9 370, YFI 8100 8.5 290,
SUSHI 1.13 9.5 520, ZEC 27 8 330, DASH 31 8 280, XTZ 0.97 8 330, EOS 0.79 8 540,
NEO 13.4 8.5 410, IOTA 0.26 9 350, KSM 42 9 220, WAVES 2.5 9.5 390, ONE 0.017 9.5 300,
CELO 0.71 9.5 270, ROSE 0.12 10 430, HOT 0.0019 9 240, ANKR 0.026 9 260, SKL 0.075 9.5 210,
COTI 0.069 10 280, OCEAN 0.49 10 390, FET 0.66 11 900, AGIX 0.29 11 560, RNDR 4.5 10.5 940,
BLUR 0.5 11 610, MASK 3.5 10 480, MAGIC 1.05 10.5 370, GMX 52 9.5 310, WOO 0.41 10.5 350,
LRC 0.25 9.5 320, CAKE 3.4 9 360, KLAY 0.22 8 210, MINA 1.25 10 420, JASMY 0.0061 10.5 330,
APE 1.6 9.5 590, GMT 0.3 10 400, PEOPLE 0.033 11.5 450, SUI 0.78 11 1600, SEI 0.55 12 1500,
TIA 12.6 11.5 1700, PYTH 0.36 11 520, JTO 2.3 12.5 640, ORDI 72 13 1500, BONK 0.000014 13 980,
PEPE 0.0000134 12.5 1400, FLOKI 0.000034 12 520, SHIB 0.0000103 9 1900, LUNC 0.00013 11 620, WLD 3.5 12 1300,
ARKM 0.52 12 340, CYBER 7.2 12 260, ID 0.29 10.5 230, EDU 0.62 10.5 190, RDNT 0.31 10.5 240,
SSV 26 11 310, LQTY 1.4 10.5 200, PENDLE 1.3 11 380, HIGH 1.7 11.5 180, HOOK 1.1 10.5 190,
STG 0.6 10 230, PERP 0.95 11 170, BAND 1.9 10 180, STORJ 0.7 11 260, RLC 1.9 10 190,
BICO 0.38 10.5 170, CTSI 0.2 10 180, DENT 0.0012 9.5 150, CELR 0.017 10 170, AUDIO 0.2 10 150`;

/** The 120 pairs of the generated market, quoted in USDT. */
export const GENERATED_PAIRS: readonly GeneratedPair[] = TABLE.split(',').map(toPair);

export function toInstrument(pair: GeneratedPair, listedFromMs: number): Instrument {
  const magnitude = Math.ceil(Math.log10(pair.price));
  return {
    id: `${pair.base}USDT`,
    base: pair.base,
    quote: 'USDT',
    priceDecimals: Math.min(Math.max(5 - magnitude, 2), 8),
    quantityDecimals: Math.min(Math.max(magnitude, 0), 5),
    spreadBps: pair.hourlyTurnover > 5e6 ? 1 : 3,
    listedFromMs,
    delistedAtMs: undefined,
  };
}

function toPair(row: string, index: number): GeneratedPair {
  const [base = '', price, volatility, turnover] = row.trim().split(' ');
  return {
    base,
    price: Number(price),
    hourlyVolatility: Number(volatility) / 1000,
    hourlyTurnover: Number(turnover) * 1000,
    marketCorrelation: index === 0 ? 0.95 : 0.8 - 0.25 * ((index * 7) % 11) * 0.1,
  };
}
