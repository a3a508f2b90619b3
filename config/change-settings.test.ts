import { describe, expect, it } from 'vitest';
import { changeSettings, readRunSettings } from './change-settings.js';
import { readSettings } from './read-settings.js';
import { secretNames } from './secret-files.js';
import { propertyName, SETTING_GROUPS } from './settings.js';

const { settings } = readSettings({});

describe('changeSettings', () => {
  it.each([
    ['STOP_LOSS_PCT', '5', 'stopLossPct', 5],
    ['MAX_OPEN_POSITIONS', '0', 'maxOpenPositions', 0],
    ['LABEL_HORIZON_BARS', '8', 'labelHorizonBars', 8],
    ['STOP_LOSS_PCT', '', 'stopLossPct', settings.stopLossPct],
  ])('reads %s=%s as at a start', (name, text, property, value) => {
    const changed = changeSettings(settings, { [name]: text });
    expect(changed).toMatchObject({ status: 'changed', settings: { [property]: value } });
  });

  it('lets a run have its own value of every setting about labels, training, trading and risk alone', () => {
    const groups = Object.entries(SETTING_GROUPS).map(([group, table]) => {
      const names = Object.keys(table);
      const refusals = names.map((name) => changeSettings(settings, { [name]: '' }).status);
      return [group, new Set(refusals)] as const;
    });
    const open = groups.filter(([, states]) => states.has('changed')).map(([group]) => group);
    expect(open.sort()).toEqual(['Labels', 'Risk', 'Trading', 'Training']);
  });

  it('names the setting that is unknown or wrong', () => {
    expect(changeSettings(settings, { STOP_LOSS: '1' })).toMatchObject({
      ...{ status: 'refused', name: 'STOP_LOSS' },
      reason: expect.stringContaining('did you mean STOP_LOSS_PCT?') as string,
    });
    expect(changeSettings(settings, { STOP_LOSS_PCT: 'x' })).toMatchObject({
      ...{ status: 'refused', name: 'STOP_LOSS_PCT' },
      reason: expect.stringMatching(/STOP_LOSS_PCT is "x"; expected a number/) as string,
    });
  });
});

describe('readRunSettings', () => {
  it('stores no secret of any setting with a run', () => {
    const canaries = secretNames().map((name) => [propertyName(name), `canary-of-${name}`]);
    const given = { ...settings, ...(Object.fromEntries(canaries) as object) };
    expect(JSON.stringify(given)).toContain('canary-of-EXCHANGE_API_SECRET');
    expect(JSON.stringify(readRunSettings(given))).not.toContain('canary');
  });
});
