import { addColumns, createTable, type Migration } from './ddl.js';

/** What models of returns are judged by, and what is known of instruments besides their prices. */
export const ITEM_MIGRATIONS: readonly Migration[] = [
  addColumns('0032_regression_scores', 'model_training_records', {
    test_r2: { type: 'double?' },
    test_persistence_rmse: { type: 'double?' },
    test_persistence_mae: { type: 'double?' },
  }),
  createTable('0033_item_attributes', {
    name: 'item_attributes',
    columns: {
      venue: 'venue',
      symbol: 'symbol',
      // Such as type, condition, variant.
      name: 'word',
      value: 'label',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['venue', 'symbol', 'name']],
  }),
];
