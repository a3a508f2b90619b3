import { describe, expect, it } from 'vitest';
import type { Interval, PromotionGate, TestScore, Verdict } from '../../domain/model-record.js';
import type { ChampionComparison } from './compare-champion.js';
import { judge as judgeBy, type TechnicalFacts } from './gate.js';

const SOUND = { rows: 150, maxDifference: 6e-8, classFlips: 0 };
const FACTS: TechnicalFacts = {
  judgedParity: SOUND,
  refittedParity: SOUND,
  expectedFeatureHash: 'a'.repeat(64),
  featureHash: 'a'.repeat(64),
  modelSizeMb: 0.4,
  maxModelMb: 20,
  latencyMs: 0.01,
  maxLatencyMs: 5,
};

const interval = (estimate: number, lower: number): Interval => ({
  estimate,
  lower,
  upper: estimate + 0.01,
});

function scoreOf(skill: Interval, directionSkill: Interval, directionRows = 100): TestScore {
  return {
    rows: 150,
    logLoss: 1.09,
    priorLogLoss: 1.1,
    skill,
    directionRows,
    directionSkill,
    directionalAuc: 0.54,
    accuracy: 0.36,
    macroF1: 0.35,
    calibrationError: 0.03,
  };
}

const KNOWING = scoreOf(interval(0.006, 0.001), interval(0.002, 0.0004));

function judge(
  gate: PromotionGate,
  facts: TechnicalFacts,
  score: TestScore,
  champion?: ChampionComparison,
): Verdict {
  return judgeBy(gate, facts, { task: 'classifier', score, champion, championMinRows: 100 });
}

describe('judge', () => {
  it('baseline passes a model that is not worse than the prior in both', () => {
    const verdict = judge('baseline', FACTS, scoreOf(interval(0, -0.01), interval(0, -0.01)));
    expect(verdict).toMatchObject({ gate: 'baseline', isPromoted: true });
    expect(verdict.reason).toContain('not worse than the prior: skill +0.0000 [-0.0100, +0.0100]');
  });

  it('baseline refuses a model that only knows volatility', () => {
    const verdict = judge(
      'baseline',
      FACTS,
      scoreOf(interval(0.02, 0.01), interval(-0.001, -0.01)),
    );
    expect(verdict.isPromoted).toBe(false);
    expect(verdict.reason).toMatch(/^worse than the prior/);
  });

  it('baseline refuses a model whose direction loss cannot be computed', () => {
    const verdict = judge('baseline', FACTS, scoreOf(interval(0.02, 0.01), interval(NaN, NaN)));
    expect(verdict.isPromoted).toBe(false);
  });

  it('every gate rejects a test part without a direction and gives that as the reason', () => {
    const flat = scoreOf(interval(0.02, 0.01), interval(NaN, NaN), 0);
    for (const gate of ['baseline', 'strict', 'baseline+champion', 'strict+champion'] as const) {
      const verdict = judge(gate, FACTS, flat);
      expect(verdict.isPromoted).toBe(false);
      expect(verdict.reason).toMatch(/^too_few_rows: .*direction/);
    }
    const unknown = judge('baseline', FACTS, scoreOf(interval(0.02, 0.01), interval(NaN, NaN)));
    expect(unknown.reason).not.toContain('NaN');
  });

  it('strict passes only with both lower bounds above 0', () => {
    expect(judge('strict', FACTS, KNOWING).isPromoted).toBe(true);
    const unsure = scoreOf(interval(0.006, 0.001), interval(0.002, 0));
    expect(judge('strict', FACTS, unsure).isPromoted).toBe(false);
    const unsureInTotal = scoreOf(interval(0.006, -0.001), interval(0.002, 0.001));
    expect(judge('strict', FACTS, unsureInTotal).isPromoted).toBe(false);
  });

  it('strict answers too_few_rows under 60 rows with a direction', () => {
    const few = scoreOf(KNOWING.skill, KNOWING.directionSkill, 59);
    expect(judge('strict', FACTS, few).reason).toMatch(/^too_few_rows: 59 /);
    const enough = scoreOf(KNOWING.skill, KNOWING.directionSkill, 60);
    expect(judge('strict', FACTS, enough).isPromoted).toBe(true);
  });

  it('parity asks for no skill', () => {
    const clueless = scoreOf(interval(-0.5, -1), interval(-0.5, -1));
    expect(judge('parity', FACTS, clueless).isPromoted).toBe(true);
  });

  const broken: [string, Partial<TechnicalFacts>, RegExp][] = [
    [
      'ONNX of the judged model is off',
      { judgedParity: { ...SOUND, maxDifference: 2e-5 } },
      /judged/,
    ],
    [
      'ONNX of the refitted model flips a class',
      { refittedParity: { ...SOUND, classFlips: 1 } },
      /refitted.*1 class flip/,
    ],
    ['ONNX answers NaN', { refittedParity: { ...SOUND, maxDifference: NaN } }, /parity/],
    ['nothing was compared', { judgedParity: { ...SOUND, rows: 0 } }, /parity/],
    ['the feature hash is another', { featureHash: 'b'.repeat(64) }, /feature hash/],
    ['the file is too large', { modelSizeMb: 20.1 }, /MAX_MODEL_MB=20/],
    ['one row takes too long', { latencyMs: 6 }, /6\.00 ms/],
  ];
  for (const [what, change, reason] of broken) {
    it(`refuses under every gate when ${what}`, () => {
      for (const gate of ['baseline', 'strict', 'parity'] as const) {
        const verdict = judge(gate, { ...FACTS, ...change }, KNOWING);
        expect(verdict.isPromoted).toBe(false);
        expect(verdict.reason).toMatch(reason);
      }
    });
  }

  const champion = (changes: Partial<ChampionComparison> = {}): ChampionComparison => ({
    modelUid: 'old',
    rows: 100,
    skillDifference: 0,
    directionSkillDifference: 0,
    ...changes,
  });

  it('champion passes a model that is not worse in both halves, and says by how much', () => {
    const verdict = judge('baseline+champion', FACTS, KNOWING, champion());
    expect(verdict).toMatchObject({ gate: 'baseline+champion', isPromoted: true });
    expect(verdict.reason).toMatch(
      /^not worse than champion old: skill \+0\.0000, .* over 100 candles; not worse than the prior/,
    );
  });

  it.each([
    { skillDifference: -0.0001 },
    { directionSkillDifference: -0.0001 },
    { skillDifference: NaN },
  ])('champion refuses a model that is worse in one half: %o', (worse) => {
    const verdict = judge('strict+champion', FACTS, KNOWING, champion(worse));
    expect(verdict.isPromoted).toBe(false);
    expect(verdict.reason).toMatch(/^worse than champion old/);
  });

  it('under the least number of candles the gate alone decides and says so', () => {
    const few = champion({ rows: 99, skillDifference: -1 });
    const passed = judge('baseline+champion', FACTS, KNOWING, few);
    expect(passed.isPromoted).toBe(true);
    expect(passed.reason).toContain('99 common candles, 100 are needed, baseline alone decides');
    const clueless = scoreOf(interval(-0.5, -1), interval(-0.5, -1));
    expect(judge('baseline+champion', FACTS, clueless, few).isPromoted).toBe(false);
    const none = judge('strict+champion', FACTS, KNOWING);
    expect(none.reason).toMatch(
      /^no champion to compare with, strict alone decides; surely better/,
    );
  });

  it('a model that is better than a champion still has to know more than the prior', () => {
    const clueless = scoreOf(interval(-0.5, -1), interval(-0.5, -1));
    const better = champion({ skillDifference: 1, directionSkillDifference: 1 });
    expect(judge('baseline+champion', FACTS, clueless, better).isPromoted).toBe(false);
  });

  it('a champion is ignored where the gate does not name it', () => {
    const worse = champion({ skillDifference: -1 });
    expect(judge('baseline', FACTS, KNOWING, worse).isPromoted).toBe(true);
  });
});
