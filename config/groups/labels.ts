import { integer } from '../setting.js';

export const LABELS_SETTINGS = {
  LABEL_HORIZON_BARS: integer({
    default: 4,
    min: 1,
    max: 100,
    unit: 'bars',
    help: 'How far ahead a model looks.',
  }),
} as const;
