import type { Interval, TestScore } from '../../domain/model-record.js';
import { bootstrapMean, DEFAULT_BOOTSTRAP, type BootstrapOptions } from './block-bootstrap.js';
import { calibrationError } from './classification.js';
import { classify, directionalAuc } from './classification.js';
import {
  directionLosses,
  meanLoss,
  multiclassLosses,
  type Predicted,
  type RowLosses,
} from './losses.js';
import { seededRandom } from '../../lib/seeded-random.js';

/** Scores a classifier on rows in time order that it never saw. */
export function scoreClassifier(
  predicted: Predicted,
  seedHex: string,
  bootstrap: BootstrapOptions = DEFAULT_BOOTSTRAP,
): TestScore {
  const { probabilities, labels } = predicted;
  const total = multiclassLosses(predicted);
  const direction = directionLosses(predicted);
  return {
    rows: labels.length,
    logLoss: meanLoss(total.model, total.weight),
    priorLogLoss: meanLoss(total.prior, total.weight),
    skill: skillOf(total, seedHex, bootstrap),
    directionRows: direction.weight.reduce((sum, weight) => sum + weight, 0),
    directionSkill: skillOf(direction, seedHex, bootstrap),
    directionalAuc: directionalAuc(probabilities, labels),
    ...classify(probabilities, labels),
    calibrationError: calibrationError(probabilities, labels),
  };
}

/** Prior's loss less the model's, each resampled from the same seed. */
function skillOf(losses: RowLosses, seedHex: string, bootstrap: BootstrapOptions): Interval {
  const gains = losses.prior.map((priorLoss, row) => priorLoss - (losses.model[row] ?? 0));
  return bootstrapMean(gains, losses.weight, seededRandom(seedHex), bootstrap);
}
