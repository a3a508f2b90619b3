import { choice, custom, integer, secret } from '../setting.js';
import { readUrl } from '../setting-readers.js';

export const LOOKALIKE_SETTINGS = {
  LOOKALIKES: choice({
    default: 'asked',
    among: ['asked', 'always'],
    help: 'Which windows are kept for `GET /api/lookalikes`: of the timeframes that were asked for once, or of every stored series from the start on.',
  }),
  LOOKALIKE_WINDOWS: integer({
    default: 1_000_000,
    min: 1000,
    max: 20_000_000,
    unit: 'windows',
    help: 'Windows of a timeframe that are searched, the newest of each series: 140 bytes of memory for each while questions come.',
  }),
  VECTOR_STORE: choice({
    default: 'process',
    among: ['process', 'qdrant'],
    help: 'Where windows are searched: in this process, or in a Qdrant server.',
  }),
  QDRANT_URL: custom({
    default: undefined,
    expected: 'an http or https address',
    read: readUrl,
    help: 'Address of the Qdrant server, such as http://127.0.0.1:6333. Required with VECTOR_STORE=qdrant.',
  }),
  QDRANT_API_KEY: secret({ help: 'Key of the Qdrant server, where it asks for one.' }),
} as const;
