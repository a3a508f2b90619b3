import { seededRandom } from '../../src/lib/seeded-random.js';

const DAY_MS = 86_400_000;
const TYPES = ['card', 'coin', 'stamp', 'watch'];
const VARIANTS = ['plain', 'holo', 'gold'];
const CONDITIONS = ['new', 'good', 'worn'];
/** What a type gains or loses each day, beside noise. */
const DRIFT: Readonly<Record<string, number>> = {
  card: 0.004,
  coin: 0,
  stamp: -0.004,
  watch: 0.001,
};

export interface GeneratedItems {
  readonly items: number;
  readonly days: number;
  /** Midnight of the last entry. */
  readonly lastDayMs: number;
}

/** Lines of one file for all: prices that drift by type, with gaps; attributes stand in names and columns. */
export function generatedItems({ items, days, lastDayMs }: GeneratedItems): string {
  const random = seededRandom('c0ffee00'.repeat(4));
  const lines = ['timestamp,item,price,rarity,edition,origin'];
  for (let number = 0; number < items; number++) {
    const type = TYPES[number % TYPES.length] ?? '';
    const variant = VARIANTS[Math.floor(random() * VARIANTS.length)] ?? '';
    const condition = CONDITIONS[Math.floor(random() * CONDITIONS.length)] ?? '';
    const name = `${type} | ${variant} No. ${number} (${condition})`;
    const more = `${1 + (number % 5)},${2000 + (number % 20)},${number % 2 === 0 ? 'east' : 'west'}`;
    let price = 5 + 500 * random() ** 3;
    for (let day = 0; day < days; day++) {
      price *= Math.exp((DRIFT[type] ?? 0) + 0.02 * (random() - 0.5));
      // Not everything is traded every day.
      if (random() < 0.1) continue;
      const at = new Date(lastDayMs - (days - 1 - day) * DAY_MS).toISOString().slice(0, 10);
      lines.push(`${at},"${name}",${price.toFixed(4)},${more}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
