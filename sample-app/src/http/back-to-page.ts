import {
  applyDecorators,
  Injectable,
  SetMetadata,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { wantsHtml } from './visitors.js';

type WhereTo<T> = (answer: T) => string;

const WHERE_TO = 'shop:where-to';

/** After a form in a browser: 303 to a page, so that a reload does not send the form again. Programs get JSON. */
@Injectable()
class BackToPageInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly host: HttpAdapterHost,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    if (!wantsHtml(http.getRequest().headers)) return next.handle();
    const whereTo = this.reflector.get<WhereTo<unknown>>(WHERE_TO, context.getHandler());
    return next.handle().pipe(
      map((answer) => {
        this.host.httpAdapter.setHeader(http.getResponse(), 'Location', whereTo(answer));
        this.host.httpAdapter.status(http.getResponse(), 303);
        return '';
      }),
    );
  }
}

/** Where a browser goes after this handler; `whereTo` gets what the handler answered. */
export function BackToPage<T>(whereTo: WhereTo<T>): MethodDecorator {
  return applyDecorators(SetMetadata(WHERE_TO, whereTo), UseInterceptors(BackToPageInterceptor));
}
