import { describe, expect, it } from 'vitest';
import { BinanceRefusal } from '../dialect/binance-refusal.js';
import { Query } from './query.js';

function codeOf(action: () => unknown): number | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof BinanceRefusal ? error.code : NaN;
  }
}

const query = (text: string): Query => new Query(new URLSearchParams(text));

// Codes: "Error codes for Binance", spot API documentation.
describe('request parameters', () => {
  it('are refused when sent twice (-1101) or empty (-1105)', () => {
    expect(codeOf(() => query('symbol=A&symbol=B'))).toBe(-1101);
    expect(codeOf(() => query('symbol='))).toBe(-1105);
  });

  it('are refused when a mandatory one is missing (-1102)', () => {
    expect(codeOf(() => query('').getSymbol())).toBe(-1102);
    expect(codeOf(() => query('').getText('interval'))).toBe(-1102);
  });

  it('are refused with characters that do not belong there (-1100)', () => {
    expect(codeOf(() => query('symbol=btc/usdt').getSymbol())).toBe(-1100);
    expect(codeOf(() => query('startTime=-5').findInteger('startTime'))).toBe(-1100);
    expect(codeOf(() => query('startTime=1.5').findInteger('startTime'))).toBe(-1100);
    for (const list of ['BTCUSDT', '[]', '["btc"]', '[1]', '{"a":1}']) {
      expect(codeOf(() => query(`symbols=${list}`).findSymbols())).toBe(-1100);
    }
  });

  it('are refused when the route does not read them (-1104)', () => {
    const sent = query('limit=5&colour=red');
    sent.limit(500, 1000);
    expect(codeOf(() => sent.assertAllRead())).toBe(-1104);
    expect(codeOf(() => sent.findText('colour'))).toBeUndefined();
    expect(codeOf(() => sent.assertAllRead())).toBeUndefined();
  });

  it('cannot name one pair and a list of them (-1128)', () => {
    expect(codeOf(() => query('symbol=A&symbols=["B"]').findSymbols())).toBe(-1128);
  });

  it('distinguish one pair from a list of one', () => {
    expect(query('symbol=BTCUSDT').findSymbols()).toEqual({ ids: ['BTCUSDT'], isList: false });
    expect(query('symbols=["BTCUSDT"]').findSymbols()).toEqual({ ids: ['BTCUSDT'], isList: true });
    expect(query('').findSymbols()).toBeUndefined();
  });

  it('limit from 1 up, cut to what the venue gives at most', () => {
    expect(query('').limit(500, 1000)).toBe(500);
    expect(query('limit=7').limit(500, 1000)).toBe(7);
    expect(query('limit=5000').limit(500, 1000)).toBe(1000);
    expect(codeOf(() => query('limit=0').limit(500, 1000))).toBe(-1130);
  });
});
