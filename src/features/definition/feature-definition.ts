import type { FeatureGroup } from '../../domain/feature-groups.js';
import type { Expression } from './expression.js';

/** One raw feature. Its name and version stand for one formula for ever. */
export interface FeatureDefinition {
  readonly name: string;
  readonly version: number;
  readonly group: FeatureGroup;
  readonly formula: string;
  /** Where the formula comes from, for what is not plain arithmetic. */
  readonly source: string;
  /** How many bars, its own included, can change the value. */
  readonly reachBars: number;
  readonly expression: Expression;
}

export interface FeatureOptions {
  /** Raised by one whenever the formula changes: models trained on the old one are retrained. */
  readonly version?: number;
  readonly source?: string;
}

/** Name of a feature in one group file, with its expression and, where needed, version and source. */
export type FeatureEntry = readonly [
  name: string,
  expression: Expression,
  options?: FeatureOptions,
];

export function defineGroup(
  group: FeatureGroup,
  entries: readonly FeatureEntry[],
): readonly FeatureDefinition[] {
  return entries.map(([name, expression, options]) => ({
    name,
    version: options?.version ?? 1,
    group,
    formula: withoutOuterBrackets(expression.formula),
    source: options?.source ?? '',
    reachBars: expression.reachBars,
    expression,
  }));
}

function withoutOuterBrackets(formula: string): string {
  if (!formula.startsWith('(')) return formula;
  let depth = 0;
  for (let at = 0; at < formula.length; at++) {
    if (formula[at] === '(') depth++;
    if (formula[at] === ')') depth--;
    if (depth === 0) return at === formula.length - 1 ? formula.slice(1, -1) : formula;
  }
  return formula;
}

/** What a model's manifest and hash speak of: the name with the version of its formula. */
export function featureId(definition: FeatureDefinition): string {
  return `${definition.name}@${definition.version}`;
}
