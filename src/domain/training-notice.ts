/** What a daemon tells its workers: how its venue's models are trained, and by which program. */
export interface TrainingNotice {
  readonly venue: string;
  readonly version: string;
  readonly catalogueHash: string;
  /** What training is told, without folders. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the file of this name says in the daemon's models' folder, which its workers must share. */
  readonly folderMark: string;
  /** Whether this daemon's workers train what was imported from files. */
  readonly hasFiles: boolean;
  /** Whether the pause file of the daemon is there. */
  readonly isPaused: boolean;
  /** Market time when it was told. */
  readonly marketMs: number;
  /** The daemon's wall time when it was told. */
  readonly wallMs: number;
  /** Market time that passes in one unit of wall time. */
  readonly speed: number;
}

/** A notice as it was read. */
export interface SeenNotice extends TrainingNotice {
  /** Since it was told, by the database's clock. */
  readonly ageMs: number;
}
