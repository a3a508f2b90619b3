import { describe, expect, it } from 'vitest';
import { steppedCandles } from '../../../test/demo/recording-files.js';
import { distortCandles, Faults, type FaultEffect } from './faults.js';

const STEP_MS = 3_600_000;
const GET = 'GET';

const candles = steppedCandles({ fromMs: 0, stepMs: STEP_MS, count: 4 });
const hang: FaultEffect = { kind: 'hang' };
const MET = [{ effect: hang, isAfter: false }];

function distorted(...effects: FaultEffect[]): ReturnType<typeof distortCandles> {
  return distortCandles(candles, { effects, stepMs: STEP_MS, nowMs: 3.5 * STEP_MS });
}

describe('fault rules', () => {
  it('meet every request without conditions', () => {
    const faults = new Faults();
    faults.add({ effect: hang });
    expect(faults.take({ path: '/api/v3/time', method: GET, symbol: undefined })).toEqual(MET);
    expect(faults.take({ path: '/api/v3/klines', method: GET, symbol: 'BTCUSDT' })).toEqual(MET);
  });

  it('meet only their path and symbol', () => {
    const faults = new Faults();
    faults.add({ path: '/api/v3/klines', symbol: 'BTCUSDT', effect: hang });
    expect(faults.take({ path: '/api/v3/klines', method: GET, symbol: 'ETHUSDT' })).toEqual([]);
    expect(faults.take({ path: '/api/v3/depth', method: GET, symbol: 'BTCUSDT' })).toEqual([]);
    expect(faults.take({ path: '/api/v3/klines', method: GET, symbol: 'BTCUSDT' })).toEqual(MET);
  });

  it('let some matching requests pass, meet a number of them, and count both', () => {
    const faults = new Faults();
    const rule = { skip: 1, count: 2, effect: hang };
    faults.add(rule);
    const met = Array.from(
      { length: 5 },
      () => faults.take({ path: '/', method: GET, symbol: undefined }).length,
    );
    expect(met).toEqual([0, 1, 1, 0, 0]);
    expect(faults.status()).toEqual([{ rule, matched: 5, met: 2 }]);
  });

  it('are gone once cleared', () => {
    const faults = new Faults();
    faults.add({ effect: hang });
    faults.clear();
    expect(faults.take({ path: '/', method: GET, symbol: undefined })).toEqual([]);
  });
});

describe('distorted candles', () => {
  it('stay as they are under effects on the answer', () => {
    expect(distorted(hang, { kind: 'cut-body' })).toEqual(candles);
  });

  it('miss the ones in a gap', () => {
    const shown = distorted({ kind: 'candles-gap', openTimes: [STEP_MS, 2 * STEP_MS] });
    expect(shown).toEqual([candles[0], candles[3]]);
  });

  it('are left out or flat at the previous close where nothing was traded', () => {
    const openTimes = [STEP_MS];
    expect(distorted({ kind: 'candles-empty', openTimes, show: 'omit' })).toHaveLength(3);
    expect(distorted({ kind: 'candles-empty', openTimes, show: 'flat' })[1]).toEqual({
      openTime: STEP_MS,
      open: 103,
      high: 103,
      low: 103,
      close: 103,
      volume: 0,
    });
  });

  it('have other values where they are revised', () => {
    const shown = distorted({ kind: 'candles-revised', openTime: STEP_MS, values: { volume: 5 } });
    expect(shown[1]).toEqual({ ...candles[1], volume: 5 });
    expect(shown[2]).toEqual(candles[2]);
  });

  it('show the newest closed one as it was before its end', () => {
    const shown = distorted({ kind: 'candles-unfinished' });
    expect(shown[2]).toEqual({ ...candles[2], close: 103.5, volume: 6 });
    expect([shown[1], shown[3]]).toEqual([candles[1], candles[3]]);
  });

  it('come in the wrong order or twice', () => {
    expect(distorted({ kind: 'candles-reversed' })).toEqual([...candles].reverse());
    expect(distorted({ kind: 'candles-doubled' })).toHaveLength(8);
  });

  it('suffer several effects one after the other, and the original stays whole', () => {
    const gap: FaultEffect = { kind: 'candles-gap', openTimes: [0] };
    expect(distorted(gap, { kind: 'candles-reversed' })).toEqual(candles.slice(1).reverse());
    expect(candles).toHaveLength(4);
  });
});
