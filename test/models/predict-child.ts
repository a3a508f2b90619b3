/** A daemon in little, run compiled by a test: one prediction in the predictor's own thread. */
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { barOpenTime } from '../../src/domain/timeframe.js';
import { SystemClock } from '../../src/lib/clock.js';
import { Predictor } from '../../src/models/predictor.js';
import { openServingModel } from '../../src/models/serving-model.js';
import { WALK_START, walkColumns } from './candle-walk.js';
import { buildModelRecord, TINY_FEATURES, writeModelFolder } from './model-folder.js';

const BARS = 800;

const [modelsDir = ''] = process.argv.slice(2);
const { manifestSha256, modelPath } = await writeModelFolder({ modelsDir });
const record = buildModelRecord({ manifestSha256, modelPath, features: TINY_FEATURES });
const model = await openServingModel({ record, modelsDir, maxFileBytes: 20_000_000 });
const predictor = new Predictor({ clock: new SystemClock(), logger: SILENT_LOGGER });
const predicted = await predictor.predict({
  model,
  series: walkColumns({ bars: BARS }),
  reference: undefined,
  candleOpenTime: barOpenTime(WALK_START + BARS - 1, '1h'),
});
await predictor.stop();
process.stdout.write(predicted.status);
