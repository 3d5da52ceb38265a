/** A command line that can't be carried out. The command was not started. */
export class UsageError extends Error {
  readonly code = 'SES_CLI_USAGE';
}
