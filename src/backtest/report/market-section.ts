import { escapeHtml } from '../../lib/escape-html.js';
import type { QuotedSpread } from '../history/quoted-spread.js';
import type { MarketTerms } from '../result/market-terms.js';

/** Markets that are shown; all stand in result.json. */
const MOST_MARKETS = 25;

/** What the spread of each market was taken to be, and what it demands of an order. */
export function marketSection(markets: readonly MarketTerms[]): string {
  const rows = markets.slice(0, MOST_MARKETS).map(({ symbol, ...terms }) => {
    const { spreadPct, quotedSpread, sizeStep, priceTick, minSize, minCost } = terms;
    const spread = `${Number(spreadPct.toPrecision(3))} %`;
    const least = [sizeStep, priceTick, minSize, minCost];
    const cells = [spread, sourceOf(quotedSpread), ...least, terms.maxSize, terms.maxCost].map(
      (value) => `<td>${value === undefined ? '–' : escapeHtml(value)}</td>`,
    );
    return `<tr><td>${escapeHtml(symbol)}</td>${cells.join('')}</tr>`;
  });
  const head =
    '<tr><th></th><th>Spread</th><th>Where from</th><th>Step of the size</th><th>Tick of the price</th><th>Smallest size</th><th>Smallest cost</th><th>Largest size</th><th>Largest cost</th></tr>';
  const more =
    markets.length > MOST_MARKETS
      ? ` ${MOST_MARKETS} of ${markets.length} markets; all stand in result.json.`
      : '';
  return (
    `<div class="wide"><table><thead>${head}</thead><tbody>${rows.join('')}</tbody></table></div>` +
    `<p class="note">The spread, and what the venue demands of an order. What is not known (–) was not demanded.${more}</p>`
  );
}

function sourceOf(quoted: QuotedSpread | undefined): string {
  if (quoted === undefined) return 'BACKTEST_SPREAD_PCT';
  const day = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
  const count = quoted.quotes.toLocaleString('en');
  return `median of ${count} quotes, ${day(quoted.fromTime)} to ${day(quoted.toTime)}`;
}
