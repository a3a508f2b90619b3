/** A row as the drivers give and take it. */
export type Row = Readonly<Record<string, unknown>>;

/** Part of a list: `offset` rows are skipped, at most `limit` come. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export interface Paged<T> {
  /** Rows that match the filter, on all pages. */
  readonly total: number;
  readonly rows: readonly T[];
}

/** A row with what this database adds to it. */
export type Stored<T> = T & {
  /** Local to this database. */
  readonly id: number;
  /** Wall time at which the row was stored. */
  readonly createdAt: number;
};

/** A stored row that changes: `rowVersion` counts its changes from 1. */
export type Versioned<T> = Stored<T> & { readonly rowVersion: number };

/** What became of a row that is stored once, however often it is handed in. */
export type InsertStatus = 'inserted' | 'exists';
