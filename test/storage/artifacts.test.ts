import { beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../src/lib/errors.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine } from '../database.js';
import { modelRecord } from '../training/training-builders.js';

const [FIRST, SECOND] = ['a'.repeat(64), 'b'.repeat(64)];
const [OWN, SHARED] = ['1'.repeat(64), '2'.repeat(64)];
/** Everything is older than that. */
const AT_ONCE = -1;
const HOUR_MS = 3_600_000;

forEachEngine((engine) => {
  describe('files in the artifact store', () => {
    let stores: Stores;
    beforeEach(async () => {
      ({ stores } = await engine.open());
    });

    it('are unused once no model names their manifest, and after the grace time only', async () => {
      const { artifacts, models } = stores;
      await artifacts.register(FIRST, [FIRST, OWN]);
      expect(await artifacts.listUnused(HOUR_MS)).toEqual([]);
      expect(await artifacts.listUnused(AT_ONCE)).toEqual([FIRST]);
      const named = { modelPath: 'somewhere', manifestSha256: FIRST };
      const { uid } = await models.insert(modelRecord(named));
      expect(await artifacts.listUnused(AT_ONCE)).toEqual([]);
      expect(await artifacts.claim(FIRST, AT_ONCE)).toBe(false);
      await models.update(uid, { modelPath: undefined });
      expect(await artifacts.listUnused(AT_ONCE)).toEqual([FIRST]);
    });

    it('are removed by one process, and stay where another manifest names them', async () => {
      const { artifacts } = stores;
      await artifacts.register(FIRST, [FIRST, OWN, SHARED]);
      await artifacts.register(SECOND, [SECOND, SHARED]);
      const claims = await Promise.all([1, 2, 3].map(() => artifacts.claim(FIRST, AT_ONCE)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect([...(await artifacts.listRemovable(FIRST))].sort()).toEqual([OWN, FIRST].sort());
      await artifacts.forget(FIRST);
      await artifacts.forget(SECOND);
      // Nobody claimed the second.
      expect(await artifacts.listUnused(AT_ONCE)).toEqual([SECOND]);
      expect(await artifacts.claim(SECOND, AT_ONCE)).toBe(true);
      expect([...(await artifacts.listRemovable(SECOND))].sort()).toEqual([SHARED, SECOND].sort());
    });

    it('are not put while they are being removed, and may be put again afterwards', async () => {
      const { artifacts } = stores;
      await artifacts.register(FIRST, [FIRST, SHARED]);
      await artifacts.claim(FIRST, AT_ONCE);
      await expect(artifacts.register(SECOND, [SECOND, SHARED])).rejects.toThrow(TransientError);
      await expect(artifacts.register(FIRST, [FIRST, SHARED])).rejects.toThrow(TransientError);
      await artifacts.forget(FIRST);
      await artifacts.register(SECOND, [SECOND, SHARED]);
      await artifacts.register(SECOND, [SECOND, SHARED]);
      expect(await artifacts.listRemovable(SECOND)).toHaveLength(2);
    });

    it('are never both kept by a register and removed by a claim that race', async () => {
      const { artifacts } = stores;
      for (let round = 0; round < 20; round++) {
        await artifacts.register(FIRST, [FIRST, SHARED]);
        const [registered, isClaimed] = await Promise.all([
          artifacts.register(SECOND, [SECOND, SHARED]).then(
            () => true,
            () => false,
          ),
          artifacts.claim(FIRST, AT_ONCE),
        ]);
        expect(isClaimed).toBe(true);
        const removable = await artifacts.listRemovable(FIRST);
        expect(removable.includes(SHARED)).toBe(!registered);
        await artifacts.forget(FIRST);
        if (registered) await artifacts.claim(SECOND, AT_ONCE);
        await artifacts.forget(SECOND);
      }
    });
  });
});
