import { escapeHtml } from '../../lib/escape-html.js';
import type { MarketTerms } from '../result/market-terms.js';

/** Markets that are shown; all stand in result.json. */
const MOST_MARKETS = 25;

/** What each market was taken to demand of an order. */
export function marketSection(markets: readonly MarketTerms[]): string {
  const rows = markets.slice(0, MOST_MARKETS).map(({ symbol, ...terms }) => {
    const { sizeStep, priceTick, minSize, minCost } = terms;
    const cells = [sizeStep, priceTick, minSize, minCost].map(
      (value) => `<td>${value === undefined ? '–' : escapeHtml(value)}</td>`,
    );
    return `<tr><td>${escapeHtml(symbol)}</td>${cells.join('')}</tr>`;
  });
  const head =
    '<tr><th></th><th>Step of the size</th><th>Tick of the price</th><th>Smallest size</th><th>Smallest cost</th></tr>';
  const more =
    markets.length > MOST_MARKETS
      ? ` ${MOST_MARKETS} of ${markets.length} markets; all stand in result.json.`
      : '';
  return (
    `<div class="wide"><table><thead>${head}</thead><tbody>${rows.join('')}</tbody></table></div>` +
    `<p class="note">What the venue demands of an order. What is not known (–) was not demanded.${more}</p>`
  );
}
