import { counted } from './format';
import { readPages, type Page, type PageOf } from './read-pages';
import { useAction, type Action } from './use-action';

export interface Export<T> {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly columns: Readonly<Record<string, (row: T) => string | null>>;
  readonly keyOf: (row: T) => string;
  readonly read: (page: Page) => Promise<PageOf<T>>;
}

/** Saves a whole list as it is filtered, in the form that the daemon gives: exact amounts, times in UTC. */
export function useExport<T>({ name, columns, keyOf, read }: Export<T>): Action<[]> {
  return useAction(async () => {
    const rows = await readPages(read, keyOf);
    const lines = [Object.keys(columns), ...rows.map((row) => cellsOf(row, columns))];
    const text = lines.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
    save(`${name}.csv`, text);
    return `${counted(rows.length, 'row')} saved as ${name}.csv`;
  });
}

function cellsOf<T>(row: T, columns: Export<T>['columns']): readonly string[] {
  return Object.values(columns).map((read) => read(row) ?? '');
}

/** A spreadsheet runs what begins like a formula; a number is none. */
function quoted(cell: string): string {
  const isFormula = /^[=+\-@\t\r]/.test(cell) && !Number.isFinite(Number(cell));
  const text = isFormula ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
