/** An answer of CloudWatch other than 200. */
export class CloudWatchApiError extends Error {
  constructor(
    /** Name of the exception in the JSON protocol, such as `InvalidParameterValueException`. */
    readonly errorType: string,
    /** The same in the query protocol, such as `InvalidParameterValue`. */
    readonly code: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = errorType;
  }
}

export const missingParameter = (name: string) =>
  new CloudWatchApiError(
    'MissingRequiredParameterException',
    'MissingParameter',
    400,
    `The parameter ${name} is required.`,
  );

export const invalidValue = (message: string) =>
  new CloudWatchApiError('InvalidParameterValueException', 'InvalidParameterValue', 400, message);

export const unknownOperation = (message: string) =>
  new CloudWatchApiError('UnknownOperationException', 'InvalidAction', 404, message);

export const accessDenied = (message: string) =>
  new CloudWatchApiError('AccessDeniedException', 'AccessDenied', 403, message);
