/** What `npm run doctor` found of one part of the set-up. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly message: string;
  /** What a person does about it. */
  readonly fix?: string;
}
