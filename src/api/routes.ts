import type { ApiContext } from './context/api-context.js';
import { accountRoutes } from './routes/account.js';
import { analysisRoutes } from './routes/analysis.js';
import { backtestRoutes } from './routes/backtests.js';
import { candleRoutes } from './routes/candles.js';
import { dataQualityRoutes } from './routes/data-quality.js';
import { dataRepairRoutes } from './routes/data-repair.js';
import { eventRoutes } from './routes/events.js';
import { logRoutes } from './routes/logs.js';
import { lookalikeRoutes } from './routes/lookalikes.js';
import { modelChangeRoutes } from './routes/model-changes.js';
import { modelRoutes } from './routes/models.js';
import { dashboardRoutes } from './routes/dashboard.js';
import { predictionRoutes } from './routes/predictions.js';
import { sessionRoutes } from './routes/sessions.js';
import { settingRoutes } from './routes/settings.js';
import { statusRoutes } from './routes/status.js';
import { tradingOrderRoutes } from './routes/trading-orders.js';
import { tradingRoutes } from './routes/trading.js';
import { trainingRoutes } from './routes/training.js';
import { trainingJobRoutes } from './routes/training-jobs.js';
import { workerRoutes } from './routes/workers.js';
import type { Server } from './http/new-server.js';

/** Every resource of the API, one file each. */
export function addRoutes(server: Server, context: ApiContext, projectDir: string): void {
  statusRoutes(server, context);
  modelRoutes(server, context);
  modelChangeRoutes(server, context);
  analysisRoutes(server, context);
  predictionRoutes(server, context);
  lookalikeRoutes(server, context);
  candleRoutes(server, context);
  dataQualityRoutes(server, context);
  dataRepairRoutes(server, context);
  tradingRoutes(server, context);
  tradingOrderRoutes(server, context);
  accountRoutes(server, context);
  backtestRoutes(server, context);
  trainingRoutes(server, context);
  trainingJobRoutes(server, context);
  sessionRoutes(server, context);
  workerRoutes(server, context);
  eventRoutes(server, context);
  logRoutes(server, context);
  settingRoutes(server, context);
  dashboardRoutes(server, projectDir);
}
