/** An answer of the SES API other than 200. `errorType` is the name that SDKs turn into an exception. */
export class SesApiError extends Error {
  constructor(
    readonly errorType: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = errorType;
  }
}

export const accessDenied = (operation: string) =>
  new SesApiError(
    'AccessDeniedException',
    403,
    `User is not authorized to perform: ses:${operation}, as asked for.`,
  );
export const badRequest = (message: string) => new SesApiError('BadRequestException', 400, message);
export const notFound = (message: string) => new SesApiError('NotFoundException', 404, message);
/** 400 in SES v2's model, not the 409 one would expect. */
export const alreadyExists = (message: string) => new SesApiError('AlreadyExistsException', 400, message);
export const limitExceeded = (message: string) => new SesApiError('LimitExceededException', 400, message);
export const tooManyRequests = (message: string) => new SesApiError('TooManyRequestsException', 429, message);
/** The one error of SES v2 whose name does not end in `Exception`. */
export const messageRejected = (message: string) => new SesApiError('MessageRejected', 400, message);
