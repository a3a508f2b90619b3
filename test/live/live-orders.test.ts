import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forEachEngine } from '../database.js';
import { LiveWorld, SYMBOL } from './live-world.js';

forEachEngine((engine) => {
  let world: LiveWorld;
  beforeEach(async () => {
    world = await LiveWorld.open({ openDatabase: engine.open });
  });
  afterEach(() => world.close());

  describe('a live trade at the demo exchange', () => {
    it('is bought, guarded by a stop that rests there, and sold; its books are those of the exchange', async () => {
      const service = await world.start();
      await world.quote(service);
      await world.signal(service, 'BUY');
      const [opened] = await world.positions();
      expect(opened).toMatchObject({ status: 'open', symbol: SYMBOL });
      await world.pass(2, service);
      expect((await world.atVenue()).open).toMatchObject([{ kind: 'stop', side: 'sell' }]);
      await world.pass(90, service);
      await world.quote(service);
      await world.signal(service, 'SELL');
      const [closed] = await world.positions();
      expect(closed).toMatchObject({ status: 'closed', exitReason: 'signal' });
      const { open, balances } = await world.atVenue();
      expect(open).toEqual([]);
      expect(balances.get('USDT')?.toString()).toBe(service.status().books?.cash.toString());
    });
  });
});
