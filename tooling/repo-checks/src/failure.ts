/** One broken rule: where, what, and how to mend it. */
export interface Failure {
  /** File, with `:line` where one is known, relative to the repository. */
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

/** The one line in which a failure is shown. */
export function formatFailure({ where, what, fix }: Failure): string {
  return `${where}: ${what}. ${fix}.`;
}
