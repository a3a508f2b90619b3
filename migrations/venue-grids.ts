import { addColumns, type Migration } from './ddl.js';

/** Grids of venues whose bars open at other times, and gaps that are asked for again. */
export const VENUE_GRID_MIGRATIONS: readonly Migration[] = [
  addColumns('0038_grid_offset', 'series', { grid_offset_ms: { type: 'time?' } }),
  addColumns('0039_gap_questions', 'known_gaps', {
    // Market times: when the gap was last found, and when it was last asked for again.
    noted_at: { type: 'time?' },
    asked_at: { type: 'time?' },
  }),
];
