import type { Task } from '../../domain/bots.js';
import type { Interval, PromotionGate, TestScore, Verdict } from '../../domain/model-record.js';
import type { ChampionComparison } from './compare-champion.js';

/** With fewer rows that have a direction an interval is meaningless. */
export const MIN_DIRECTION_ROWS = 60;

const NO_DIRECTION =
  'too_few_rows: no test row has a direction, so nothing can be said of its skill';

/** How far a probability, or an expected log return, in ONNX may lie from the trainer's own. */
export const MAX_PARITY_DIFFERENCE = 1e-5;

/** Difference between ONNX and the trainer's own predictions over the test rows. */
export interface Parity {
  readonly rows: number;
  readonly maxDifference: number;
  /** Rows whose winning class differs. */
  readonly classFlips: number;
}

/** Technical facts about a candidate's files, apart from its skill. */
export interface TechnicalFacts {
  readonly judgedParity: Parity;
  readonly refittedParity: Parity;
  readonly expectedFeatureHash: string;
  readonly featureHash: string;
  readonly modelSizeMb: number;
  readonly maxModelMb: number;
  /** Median time of one row inside the model's run. */
  readonly latencyMs: number;
  readonly maxLatencyMs: number;
}

/** The candidate's score, and its comparison with the champion or the parent. */
export interface Evidence {
  readonly task: Task;
  readonly score: TestScore;
  /** Undefined where there is no champion to compare with. */
  readonly champion?: ChampionComparison | undefined;
  /** The model that was continued, where one was. */
  readonly parent?: ChampionComparison | undefined;
  /** Fewer common candles do not decide the comparison with a champion. */
  readonly championMinRows: number;
}

/** Judges a candidate: the technical checks, what the gate asks of its score, then the champion. */
export function judge(gate: PromotionGate, facts: TechnicalFacts, evidence: Evidence): Verdict {
  const defect = findTechnicalDefect(facts);
  if (defect !== undefined) return { gate, isPromoted: false, reason: defect };
  const own = judgeAlone(gate, evidence);
  if (evidence.parent !== undefined) {
    const isAsked = own.isPromoted && gate !== 'parity';
    return { gate, ...(isAsked ? judgeAgainstParent(own, evidence.parent) : own) };
  }
  if (!gate.endsWith('+champion') || !own.isPromoted) return { gate, ...own };
  return { gate, ...judgeAgainstChampion(own, gate, evidence) };
}

type Opinion = Omit<Verdict, 'gate'>;

function judgeAlone(gate: PromotionGate, evidence: Evidence): Opinion {
  switch (gate) {
    case 'parity':
      return { isPromoted: true, reason: 'technical checks passed; skill is not asked for' };
    case 'baseline':
    case 'baseline+champion':
      return judgeBaseline(evidence);
    case 'strict':
    case 'strict+champion':
      return judgeStrict(evidence);
  }
}

/** Both skills must be at least the champion's; with too few candles the gate alone decides and says so. */
function judgeAgainstChampion(own: Opinion, gate: PromotionGate, evidence: Evidence): Opinion {
  const { champion, championMinRows } = evidence;
  const alone = `${gate.replace('+champion', '')} alone decides`;
  if (champion === undefined) {
    return { ...own, reason: `no champion to compare with, ${alone}; ${own.reason}` };
  }
  const { modelUid, rows, skillDifference, directionSkillDifference } = champion;
  if (rows < championMinRows) {
    const few = `champion ${modelUid}: ${rows} common candles, ${championMinRows} are needed`;
    return { ...own, reason: `${few}, ${alone}; ${own.reason}` };
  }
  // Written so that an unknown direction skill (NaN) does not count as worse.
  const isDirectionWorse = directionSkillDifference < 0;
  const isPromoted = skillDifference >= 0 && !isDirectionWorse;
  const words = isPromoted ? 'not worse than' : 'worse than';
  const figures =
    `skill ${signed(skillDifference)}, direction skill ${signed(directionSkillDifference)} ` +
    `over ${rows} candles`;
  return { isPromoted, reason: `${words} champion ${modelUid}: ${figures}; ${own.reason}` };
}

/** An increment must be at least as good as its parent. */
function judgeAgainstParent(own: Opinion, parent: ChampionComparison): Opinion {
  const { modelUid, rows, skillDifference, directionSkillDifference } = parent;
  // Written so that an unknown direction skill (NaN) does not count as worse.
  const isPromoted = skillDifference >= 0 && !(directionSkillDifference < 0);
  const words = isPromoted ? 'not worse than' : 'worse than';
  const figures =
    `skill ${signed(skillDifference)}, direction skill ${signed(directionSkillDifference)} nat ` +
    `over ${rows} candles`;
  return { isPromoted, reason: `${words} its parent ${modelUid}: ${figures}; ${own.reason}` };
}

/** Names what is technically wrong with the candidate, or returns undefined. */
export function findTechnicalDefect(facts: TechnicalFacts): string | undefined {
  return (
    findParityDefect('judged', facts.judgedParity) ??
    findParityDefect('refitted', facts.refittedParity) ??
    findLimitDefect(facts)
  );
}

function findParityDefect(which: string, parity: Parity): string | undefined {
  const { rows, maxDifference, classFlips } = parity;
  // Written so that NaN is a defect too.
  if (rows > 0 && maxDifference <= MAX_PARITY_DIFFERENCE && classFlips === 0) return undefined;
  return (
    `parity: ONNX of the ${which} model differs from the trainer on ${rows} test rows ` +
    `(max |Δ| ${maxDifference.toExponential(1)}, ${classFlips} class flips)`
  );
}

function findLimitDefect(facts: TechnicalFacts): string | undefined {
  if (facts.featureHash !== facts.expectedFeatureHash) {
    return `feature hash ${facts.featureHash.slice(0, 12)} is not ${facts.expectedFeatureHash.slice(0, 12)}`;
  }
  if (!(facts.modelSizeMb <= facts.maxModelMb)) {
    return `model of ${facts.modelSizeMb.toFixed(1)} MB is larger than MAX_MODEL_MB=${facts.maxModelMb}`;
  }
  if (!(facts.latencyMs <= facts.maxLatencyMs)) {
    return `one row takes ${facts.latencyMs.toFixed(2)} ms, limit ${facts.maxLatencyMs} ms`;
  }
  return undefined;
}

function judgeBaseline({ score, task }: Evidence): Opinion {
  if (score.directionRows === 0) return { isPromoted: false, reason: NO_DIRECTION };
  const isPromoted = score.skill.estimate >= 0 && score.directionSkill.estimate >= 0;
  const comparison = `${isPromoted ? 'not worse' : 'worse'} than ${rivalOf(task)}`;
  return { isPromoted, reason: `${comparison}: ${formatSkill(score, task)}` };
}

function judgeStrict({ score, task }: Evidence): Opinion {
  if (score.directionRows < MIN_DIRECTION_ROWS) {
    const reason = `too_few_rows: ${score.directionRows} test rows have a direction, ${MIN_DIRECTION_ROWS} are needed`;
    return { isPromoted: false, reason };
  }
  const isPromoted = score.skill.lower > 0 && score.directionSkill.lower > 0;
  const comparison = `${isPromoted ? 'surely' : 'not surely'} better than ${rivalOf(task)}`;
  return { isPromoted, reason: `${comparison}: ${formatSkill(score, task)}` };
}

/** The benchmark without knowledge: the class frequencies, or persistence. */
function rivalOf(task: Task): string {
  return task === 'classifier' ? 'the prior' : 'persistence';
}

function formatSkill({ skill, directionSkill, regression }: TestScore, task: Task): string {
  const [own, direction] = [formatInterval(skill), formatInterval(directionSkill)];
  if (task === 'classifier' || regression === undefined)
    return `skill ${own}, direction skill ${direction} nat`;
  const { rmse, persistenceRmse } = regression;
  const errors = `RMSE ${rmse.toFixed(5)} against ${persistenceRmse.toFixed(5)}`;
  return `${errors}, skill ${own} of its squared error, direction skill ${direction}`;
}

function formatInterval({ estimate, lower, upper }: Interval): string {
  return `${signed(estimate)} [${signed(lower)}, ${signed(upper)}]`;
}

/** Skill over no rows is NaN. */
function signed(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  return `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
}
