import { startJobs, type Job } from '../../jobs/repeat.js';
import type { DisposalStack } from '../../lib/disposal.js';
import { FILE_HALT_RULE } from '../../notifications/health-notices.js';
import { TelegramCommands } from '../../notifications/telegram-commands.js';
import { createTelegram } from '../create-notifications.js';
import type { Base, DaemonPhase, ReadPhase } from '../phases.js';
import { telegramAnswers } from './telegram-answers.js';
import type { StatusSources } from './status-view.js';

/** How often it is looked for what began or ended in health, wall time. */
const LOOK_EVERY_MS = 15_000;

export interface TellTools extends StatusSources {
  readonly readPhase: ReadPhase;
  readonly stack: DisposalStack;
}

/** Begins to send what is noted, to note what health says, and to take commands. */
export async function tellPeople(base: Base, tools: TellTools): Promise<void> {
  const { notifications, wallClock: clock, logger, stopping: signal, faults } = base;
  const sending = notifications.work();
  if (sending.length === 0) return;
  await notifications.start();
  const jobs: Job[] = [...sending, noticing(base, tools)];
  tools.stack.defer('notification jobs', startJobs(jobs, { clock, logger, signal, faults }));
  takeCommands(base, tools);
}

function noticing({ notifications }: Base, tools: TellTools): Job {
  const { readHealth, readCensus, readPhase } = tools;
  return {
    name: 'notices of health',
    intervalMs: LOOK_EVERY_MS,
    run: async () => {
      const { findings } = await readHealth();
      const isByFile = isHaltedByFile(readPhase());
      await notifications.noteFindings(
        findings.filter(({ id }) => id !== FILE_HALT_RULE || isByFile),
      );
      const untrusted = (await readCensus())?.untrusted ?? [];
      await notifications.noteExpired(untrusted.filter(({ reason }) => reason === 'expired'));
    },
  };
}

function isHaltedByFile(phase: DaemonPhase): boolean {
  return 'trading' in phase && phase.trading.status().halt?.cause === 'file';
}

function takeCommands(base: Base, { readPhase, readHealth, stack }: TellTools): void {
  const { settings, notifications, wallClock: clock, logger, stopping, faults } = base;
  const telegram = createTelegram(settings);
  if (telegram === undefined) return;
  const commands = new TelegramCommands({
    ...telegram,
    handler: telegramAnswers(readPhase, readHealth),
    isSender: () => notifications.isSender(),
    faults,
    clock,
    logger,
  });
  const running = commands.run(stopping);
  stack.defer('commands by Telegram', () => running);
}
