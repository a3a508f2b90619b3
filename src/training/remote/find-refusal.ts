import type { TrainingNotice } from '../../domain/training-notice.js';

type Program = Pick<TrainingNotice, 'version' | 'catalogueHash'>;

const SHOWN_HASH = 12;

/** Why a worker may not train for the daemon, naming both programs; undefined where it may. */
export function findRefusal(
  worker: Program,
  daemon: Program & Pick<TrainingNotice, 'venue'>,
): string | undefined {
  const isSame = worker.version === daemon.version && worker.catalogueHash === daemon.catalogueHash;
  if (isSame) return undefined;
  return `This worker is ${nameOf(worker)} and the daemon of ${daemon.venue} is ${nameOf(daemon)}: install the same on both`;
}

function nameOf({ version, catalogueHash }: Program): string {
  return `version ${version} with the catalogue ${catalogueHash.slice(0, SHOWN_HASH)}`;
}
