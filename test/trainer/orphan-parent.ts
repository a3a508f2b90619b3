/**
 * A daemon in little: starts the trainer on a job, prints its process id once it is fitting, and is
 * then killed by the test. Run compiled, with the feature file and a folder as arguments.
 */
import { createJob, createTrainer } from './real-trainer.js';

const [featuresFile = '', folder = '', rows = ''] = process.argv.slice(2);
const trainer = createTrainer();
const job = createJob({ uid: 'orphan', folder, rows: Number(rows), featuresFile });
await trainer.run(
  { ...job, params: { ...job.params, iterations: 20_000, earlyStoppingRounds: 20_000 } },
  {
    onProgress: ({ stage }) => {
      if (stage === 'fit') process.stdout.write(`${String(trainer.processId)}\n`);
    },
  },
);
