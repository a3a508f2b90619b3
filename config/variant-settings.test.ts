import { describe, expect, it } from 'vitest';
import { readSettings } from './read-settings.js';
import { changeForVariant, sharedByVariants, VARIANT_SETTINGS } from './variant-settings.js';

const { settings } = readSettings({});

describe('the settings of a variant', () => {
  it('are those of training that change a model', () => {
    for (const name of ['CATBOOST_DEPTH', 'FEATURE_GROUPS', 'POOLING', 'LABEL_HORIZON_BARS']) {
      expect(VARIANT_SETTINGS).toContain(name);
    }
    for (const name of ['QUEUE', 'TRAIN_SEED', 'PROMOTION_GATE', 'PAUSE_FILE', 'STOP_LOSS_PCT']) {
      expect(VARIANT_SETTINGS).not.toContain(name);
    }
  });

  it('take the place of the daemon’s', () => {
    const changes = { CATBOOST_DEPTH: '6', FEATURE_GROUPS: '-calendar' };
    const changed = changeForVariant(settings, changes);
    expect(changed).toMatchObject({ status: 'changed', settings: { catboostDepth: 6 } });
    if (changed.status !== 'changed') return;
    expect(changed.settings.featureGroups).not.toContain('calendar');
    expect(changed.settings.catboostRsm).toBe(settings.catboostRsm);
    expect(sharedByVariants(changed.settings)).toEqual(sharedByVariants(settings));
  });

  it.each([
    [
      'STOP_LOSS_PCT',
      '3',
      /^STOP_LOSS_PCT is no setting of a variant.*Allowed: LABEL_HORIZON_BARS, /,
    ],
    ['CATBOOST_DEPHT', '3', /^CATBOOST_DEPHT is no setting.*did you mean CATBOOST_DEPTH\?/],
    ['CATBOOST_DEPTH', '11', /^CATBOOST_DEPTH is "11"; expected a whole number from 1 to 10$/],
    ['FEATURE_GROUPS', '-calender', /^FEATURE_GROUPS is "-calender"; expected all, or groups/],
  ])('are refused as at a start: %s=%s', (name, value, reason) => {
    const refused = changeForVariant(settings, { [name]: value });
    expect(refused).toMatchObject({ status: 'refused', name });
    expect((refused as { reason: string }).reason).toMatch(reason);
  });

  it('differ in what decides the rows where a horizon or split differs', () => {
    const changed = changeForVariant(settings, { LABEL_HORIZON_BARS: '8' });
    if (changed.status !== 'changed') throw new Error(changed.reason);
    expect(sharedByVariants(changed.settings)).not.toEqual(sharedByVariants(settings));
  });
});
