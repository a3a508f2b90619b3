import { describe, expect, it } from 'vitest';
import { modelRecord } from '../../../test/training/training-builders.js';
import { planSelection, type SelectionRequest } from './selection-plan.js';

const DAY_MS = 86_400_000;
const NOW = 100 * DAY_MS;
const CANDIDATES = Array.from({ length: 200 }, (_, at) => `f${at}`);
const REQUEST: SelectionRequest = {
  candidates: CANDIDATES,
  trainRows: 1000,
  catalogueHash: 'catalogue-1',
  earlier: [],
  marketMs: NOW,
  minRfeSamples: 150,
  maxBaselineFeatures: 120,
};
const CHOSEN = CANDIDATES.slice(0, 120);
const SELECTED = modelRecord({
  features: CHOSEN,
  selectedAt: NOW - 27 * DAY_MS,
  config: { selectedBy: 'rfe' },
});

describe('planSelection', () => {
  it('eliminates recursively inside the training split', () => {
    const plan = planSelection(REQUEST);
    expect(plan.selection).toEqual({ method: 'rfe', maxFeatures: 120, steps: 3 });
    expect(plan.selectedAt).toBe(NOW);
  });

  it('selects by importance with 149 rows, and by elimination with 150', () => {
    const methodOf = (trainRows: number): string =>
      planSelection({ ...REQUEST, trainRows }).selection.method;
    expect(methodOf(149)).toBe('importance');
    expect(methodOf(150)).toBe('rfe');
  });

  it('takes all features where there are at most as many as allowed', () => {
    expect(planSelection({ ...REQUEST, candidates: CHOSEN }).selection.method).toBe('none');
  });

  it('reuses a selection under 28 days old and keeps its time', () => {
    const plan = planSelection({ ...REQUEST, earlier: [SELECTED] });
    expect(plan.selection).toEqual({ method: 'reuse', features: CHOSEN });
    expect(plan.selectedAt).toBe(SELECTED.selectedAt);
  });

  const unusable: [string, Partial<typeof SELECTED>][] = [
    ['is 28 days old', { selectedAt: NOW - 28 * DAY_MS }],
    ['was made from another catalogue', { catalogueHash: 'catalogue-2' }],
    ['was made by importance', { config: { selectedBy: 'importance' } }],
    ['names a feature that was dropped this time', { features: ['gone', ...CHOSEN.slice(1)] }],
    ['has more features than may be taken', { features: CANDIDATES }],
    ['belongs to an attempt that failed', { features: [], selectedAt: undefined }],
  ];
  for (const [what, change] of unusable) {
    it(`selects again where the earlier selection ${what}`, () => {
      const earlier = [modelRecord({ ...SELECTED, ...change })];
      expect(planSelection({ ...REQUEST, earlier }).selection.method).toBe('rfe');
    });
  }

  it('reuses an older selection when the newest attempt failed', () => {
    const earlier = [modelRecord({ status: 'failed', features: [] }), SELECTED];
    expect(planSelection({ ...REQUEST, earlier }).selection.method).toBe('reuse');
  });
});
