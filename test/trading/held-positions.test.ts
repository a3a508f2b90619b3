import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/lib/errors.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { forEachEngine } from '../database.js';
import { buildInstrument, HOUR } from './build-trading.js';
import { TradingWorld } from './trading-world.js';

const CONTEXT = { horizonBars: 4 };
/** Wall time of the limit, shorter than the lease lasts, and what it is in market time here. */
const LIMIT_MS = 10_000;
const LIMIT_MARKET_MS = LIMIT_MS * 3_600;

// Risk: a position that nothing guards and nobody hears of.
forEachEngine((engine) => {
  let world: TradingWorld;

  afterEach(() => world.stop());

  async function buy(rules: Partial<TradingRules> = {}): Promise<TradingService> {
    world = new TradingWorld((await engine.open()).stores, { maxHoldBars: 0, ...rules });
    const service = await world.start({ unpricedAfterMs: LIMIT_MS });
    await quote(service, 100);
    await service.onSignal(world.signal(), CONTEXT);
    await quote(service, 100);
    return service;
  }

  async function quote(service: TradingService, bid: number, symbol?: string): Promise<void> {
    await world.forward(3_600);
    await service.onQuotes([await world.quote(bid, symbol)]);
  }

  describe('what is held', () => {
    it('is among the symbols to quote until it is sold, also after a restart', async () => {
      const first = await buy();
      expect(first.heldSymbols()).toEqual(['BTC/USDT']);
      await first.stop();
      world.instruments.delete('BTC/USDT');
      const second = await world.start();
      expect(second.heldSymbols()).toEqual(['BTC/USDT']);
      await quote(second, 90);
      expect(await world.read()).toMatchObject({ positions: [{ exitReason: 'stop_loss' }] });
      expect(second.heldSymbols()).toEqual([]);
    });

    it('counts as unpriced, since its last quote, once quotes are missing for too long', async () => {
      const service = await buy();
      const since = world.clock.marketMs();
      await world.forward(LIMIT_MARKET_MS);
      expect(service.unpricedPositions()).toEqual([]);
      await quote(service, 50, 'ETH/USDT');
      expect(service.unpricedPositions()).toMatchObject([
        { symbol: 'BTC/USDT', status: 'open', since },
      ]);
      await quote(service, 100);
      expect(service.unpricedPositions()).toEqual([]);
    });

    it.each([
      ['a bid and an ask of zero', '0', '0'],
      ['a crossed book', '101', '100'],
      ['a bid that is not finite', 'NaN', '100'],
      ['an endless ask', '100', 'Infinity'],
    ])('is not priced by %s', async (_, bid, ask) => {
      const service = await buy();
      await world.forward(LIMIT_MARKET_MS + 3_600);
      await service.onQuotes([{ ...(await world.quote(100)), bid, ask }]);
      expect(service.unpricedPositions()).toHaveLength(1);
    });

    it('counts as unpriced while a decided sale waits for a quote', async () => {
      const service = await buy();
      await world.forward(HOUR);
      await service.onSignal(world.signal({ prediction: 'SELL' }), CONTEXT);
      await world.forward(LIMIT_MARKET_MS + HOUR);
      const again = await service.onSignal(world.signal({ prediction: 'SELL' }), CONTEXT);
      expect(again).toMatchObject({
        decision: { action: 'keep', reason: 'already closing: no quote to sell at yet' },
      });
      expect(service.unpricedPositions()).toMatchObject([{ status: 'closing' }]);
    });
  });

  describe('books', () => {
    function inEuros(): TradingWorld {
      const other = new TradingWorld(world.stores, { currency: 'EUR' });
      other.instruments.set('BTC/EUR', buildInstrument('BTC/EUR'));
      return other;
    }

    it('refuse another currency while something is held, and name the way back', async () => {
      await (await buy()).stop();
      world = inEuros();
      const start = world.start();
      await expect(start).rejects.toThrow(ConfigError);
      await expect(start).rejects.toThrow(
        'PRIMARY_SYMBOL is quoted in EUR, but the books in USDT still hold BTC/USDT. ' +
          'Set PRIMARY_SYMBOL to a symbol quoted in USDT until they are closed',
      );
    });

    it('begin beside the old ones in another currency once nothing is held', async () => {
      const first = await buy();
      await quote(first, 90);
      const usdt = first.status();
      await first.stop();
      world = inEuros();
      const service = await world.start();
      expect(service.status()).toMatchObject({ account: 'paper-EUR', currency: 'EUR' });
      expect(service.status().books?.equity.toString()).toBe('10000');
      await service.stop();
      world = new TradingWorld(world.stores);
      const back = await world.start();
      expect(back.status()).toMatchObject({ account: 'paper', currency: 'USDT' });
      expect(back.status().books?.cash).toEqual(usdt.books?.cash);
    });
  });
});
