import type { Params } from './ccxt-trading.js';

/** An order or a fill, with the venue's own answer in it. */
interface PageRow {
  readonly info?: unknown;
}

/** Parameters that go on after an answer; undefined where nothing comes after it. */
export type NextPage = (page: readonly PageRow[]) => Params | undefined;

/** Goes on at the cursor that ccxt leaves in one of the venue's own rows. */
export function atCursor(name: string): NextPage {
  return (page) => {
    const cursor = page.map((row) => memberOf(row, name)).find((value) => value !== '');
    return cursor === undefined ? undefined : { cursor };
  };
}

/** Goes on below the lowest id of an answer. */
export function belowId(name: string, parameter: string): NextPage {
  return (page) => {
    const ids = page.map((row) => memberOf(row, name)).filter((value) => /^\d+$/.test(value));
    const [lowest] = ids.sort((one, other) => (BigInt(one) < BigInt(other) ? -1 : 1));
    return lowest === undefined ? undefined : { [parameter]: lowest };
  };
}

function memberOf({ info }: PageRow, name: string): string {
  const value = (info as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
