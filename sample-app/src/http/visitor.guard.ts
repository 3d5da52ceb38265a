import type { IncomingMessage } from 'node:http';
import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Reflector } from '@nestjs/core';
import type { Environment } from '../config/environment.js';
import { asksForForeignName, comesFromAnotherSite } from './visitors.js';

/** Global: keeps other sites' pages away from a shop without a login. */
@Injectable()
export class VisitorGuard implements CanActivate {
  private readonly host: string;

  constructor(
    private readonly reflector: Reflector,
    config: ConfigService<Environment, true>,
  ) {
    this.host = config.get('HOST', { infer: true });
  }

  canActivate(context: ExecutionContext): boolean {
    // The library marks its feedback route so: Amazon comes by any name, and its signature is what counts there.
    if (this.reflector.getAllAndOverride('isPublic', [context.getHandler(), context.getClass()])) return true;
    const { method, headers } = context.switchToHttp().getRequest<IncomingMessage>();
    if (asksForForeignName(this.host, headers)) {
      throw new ForbiddenException('This shop answers on this machine only; set HOST to let others in.');
    }
    if (method !== 'GET' && method !== 'HEAD' && comesFromAnotherSite(headers)) {
      throw new ForbiddenException("Forms are taken from the shop's own page only.");
    }
    return true;
  }
}
