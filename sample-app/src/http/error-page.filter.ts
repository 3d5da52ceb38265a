import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { errorPage } from '../pages/error-page.js';
import { wantsHtml } from './visitors.js';

/** Errors as a page for browsers; Nest's JSON for everybody else. */
@Catch()
export class ErrorPageFilter extends BaseExceptionFilter {
  private readonly errors = new Logger('Shop');

  override catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    // oxlint-disable-next-line promise/valid-params -- Nest's catch, not a promise's
    if (!wantsHtml(http.getRequest().headers)) return super.catch(error, host);
    const status = statusOf(error);
    if (status >= 500) this.errors.error(error);
    const adapter = this.httpAdapterHost!.httpAdapter;
    adapter.setHeader(http.getResponse(), 'Content-Type', 'text/html; charset=utf-8');
    adapter.reply(http.getResponse(), errorPage(status, sentences(error, status)), status);
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  // What a body parser throws.
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : 500;
}

function sentences(error: unknown, status: number): string[] {
  if (status >= 500) return ['Something went wrong here. The log says more.'];
  const answer = error instanceof HttpException ? error.getResponse() : null;
  const message = typeof answer === 'object' ? (answer as { message?: unknown } | null)?.message : answer;
  return [message ?? 'This can not be read.'].flat().map(String);
}
