import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** The boxes at the top of a report say what its `result.json` says. */
export function expectShownFigures(folder: string): void {
  const page = readFileSync(path.join(folder, 'report.html'), 'utf8');
  const stored = JSON.parse(readFileSync(path.join(folder, 'result.json'), 'utf8')) as {
    readonly figures: Readonly<Record<string, number>>;
  };
  const cells = page.matchAll(/<div class="figure"><b>(.*?)<\/b><span>(.*?)<\/span>/g);
  const shown = new Map([...cells].map(([, value, name = '']) => [name.split(' (')[0], value]));
  const of = (name: string): number => stored.figures[name] ?? NaN;
  const signed = (name: string): string =>
    `${of(name) < 0 ? '−' : '+'}${percent(Math.abs(of(name)))}`;
  expect(shown.get('total return')).toBe(signed('total_return'));
  expect(shown.get('annual return')).toBe(signed('annual_return'));
  expect(shown.get('largest drawdown')).toBe(percent(of('max_drawdown')));
  expect(shown.get('win rate')).toBe(percent(of('win_rate')));
  expect(shown.get('trades')).toBe(String(of('trades')));
  for (const [name, figure] of [
    ['Sharpe', 'sharpe'],
    ['Sortino', 'sortino'],
    ['profit factor', 'profit_factor'],
    ['fees paid', 'fees_paid'],
  ] as const) {
    expect([name, shown.get(name)]).toEqual([name, of(figure).toFixed(2).replace('-', '−')]);
  }
}
