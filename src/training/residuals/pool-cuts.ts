import type { SplitTimes } from '../dataset/dataset-summary.js';
import type { PoolCuts } from '../trainer-process/trainer-job.js';

/** A member whose test part begins earlier than the median by more than this share of the window is left out. */
const MOST_EARLY_SHARE = 0.05;
/** A member that lacks more than this share of the features is left out. */
const MOST_LACKING_SHARE = 0.1;

/** An instrument that may join the pool. */
export interface PoolMember {
  readonly symbol: string;
  readonly filePath: string;
  readonly names: readonly string[];
  readonly rows: number;
  readonly dataFrom: number;
  readonly dataEnd: number;
  readonly cuts: SplitTimes;
}

export interface PoolPlan {
  readonly members: readonly PoolMember[];
  /** Symbols that do not join, each with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
  readonly cuts: PoolCuts;
  /** Features that every member has, in the order of the catalogue. */
  readonly candidates: readonly string[];
}

/**
 * Chooses the members and their common cuts: the earliest of the members' cuts, so that no row of the fit comes
 * after another member's test part begins. Between the earliest ends of the training parts and the earliest beginnings
 * of the validation parts lies a whole gap, whoever they belong to.
 */
export function planPool(found: readonly PoolMember[]): PoolPlan {
  const leftOut: Record<string, string> = {};
  const join = (members: readonly PoolMember[], why: (member: PoolMember) => string | undefined) =>
    members.filter((member) => {
      const reason = why(member);
      if (reason !== undefined) leftOut[member.symbol] = reason;
      return reason === undefined;
    });
  const usual = median(found.map(({ cuts }) => cuts.testFrom));
  const punctual = join(found, ({ cuts, dataFrom, dataEnd }) =>
    cuts.testFrom < usual - MOST_EARLY_SHARE * (dataEnd - dataFrom)
      ? 'its candles end before those of the others'
      : undefined,
  );
  const widest = Math.max(0, ...punctual.map(({ names }) => names.length));
  const whole = join(punctual, ({ names }) =>
    names.length < (1 - MOST_LACKING_SHARE) * widest
      ? `it has ${names.length} features, others ${widest}`
      : undefined,
  );
  const { trainTo } = cutsOf(whole);
  const members = join(whole, ({ dataFrom }) =>
    dataFrom > trainTo ? 'its candles begin after the training part of the others' : undefined,
  );
  return { members, leftOut, cuts: cutsOf(members), candidates: sharedNames(members) };
}

function cutsOf(members: readonly PoolMember[]): PoolCuts {
  const of = (which: keyof SplitTimes): readonly number[] => members.map(({ cuts }) => cuts[which]);
  return {
    trainTo: Math.min(...of('trainTo')),
    validationFrom: Math.min(...of('validationFrom')),
    validationTo: Math.min(...of('validationTo')),
  };
}

function sharedNames(members: readonly PoolMember[]): readonly string[] {
  const [first, ...others] = members.map(({ names }) => names);
  const sets = others.map((names) => new Set(names));
  return (first ?? []).filter((name) => sets.every((names) => names.has(name)));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
