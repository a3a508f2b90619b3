import { FEATURE_GROUPS, type FeatureGroup } from '../domain/feature-groups.js';
import { TIMEFRAMES } from '../domain/timeframe.js';
import { BLOCK_BARS, DEPTH_BARS, SPAN_BARS } from './definition/block-layout.js';
import { CATALOGUE } from './catalogue.js';
import type { FeatureDefinition } from './definition/feature-definition.js';
import { HIGHER_TIMEFRAMES } from './higher-timeframes.js';

const GROUP_TITLES: Readonly<Record<FeatureGroup, string>> = {
  price: 'Price and returns',
  volume: 'Volume',
  volatility: 'Volatility',
  trend: 'Trend',
  momentum: 'Momentum',
  shape: 'Candle shape',
  distribution: 'Distribution of returns',
  calendar: 'Calendar',
  lags: 'Lags',
  higher: 'Higher timeframes',
  reference: 'Reference symbol',
};

/** The page docs/features.md, from the catalogue itself. */
export function documentFeatures(): string {
  const groups = FEATURE_GROUPS.map((group) => documentGroup(group));
  return [INTRODUCTION, documentHigherTimeframes(), ...groups].join('\n');
}

const INTRODUCTION = `# Features

This page is made from the catalogue in \`src/features/groups\` by \`npm run docs\`; do not edit it by hand.

The catalogue has ${CATALOGUE.length} raw features per candle. Each has a name and a version, and the two stand for one
formula for ever: a changed formula gets a new version, and models trained on the old one are retrained.
No feature depends on the scale of prices or of volume.

- **Reach** is the number of bars, the candle's own included, that can change the value. Rows are
  computed over a span that begins ${DEPTH_BARS} bars before their block of ${BLOCK_BARS} bars, or with the first bar that
  the venue has; so nothing reaches further back than ${SPAN_BARS} bars, and what remembers without end (EMA, Wilder's
  averages) reaches to the start of the span.
- A value is **missing** until its window is filled, and where it would divide by nothing. In a market
  that stands still ratios have their neutral value. A series that never traded any volume has no
  volume features.
- In the formulas \`r\` is the log return of one bar, \`x[t−n]\` the value n bars ago, \`[a > b]\` is 1 where
  the condition holds, else 0, and \`std\` and \`variance\` are those of the population. EMA, Wilder,
  RSI, ADX and the like follow TA-Lib's definitions, as fractions instead of percentages.
- \`balance(a, b)\` is (a − b) / (a + b) of two amounts: −1 … 1, and 0 where both are 0. \`a / b or n\` is
  n where both are 0; without a number it is 0 there.
`;

function documentHigherTimeframes(): string {
  const rows = TIMEFRAMES.map((timeframe) => {
    const { nearBars, farBars } = HIGHER_TIMEFRAMES[timeframe];
    return `| ${timeframe} | ${nearBars} | ${farBars} |`;
  });
  return `## Timeframes above

\`near\` and \`far\` are bars put together from so many bars of the series, on UTC bounds (whole weeks from
Monday), within the candle's span. Only bars that are closed when the candle closes count.

| timeframe | near (bars) | far (bars) |
|---|---|---|
${rows.join('\n')}
`;
}

function documentGroup(group: FeatureGroup): string {
  const definitions = CATALOGUE.filter((definition) => definition.group === group);
  return `## ${GROUP_TITLES[group]} (${definitions.length})

| name | version | formula | source | reach (bars) |
|---|---|---|---|---|
${definitions.map(documentFeature).join('\n')}
`;
}

function documentFeature(definition: FeatureDefinition): string {
  const { name, version, formula, source, reachBars } = definition;
  return `| \`${name}\` | ${version} | ${escapeCell(formula)} | ${escapeCell(source)} | ${reachBars} |`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
