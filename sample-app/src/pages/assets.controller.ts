import { readFileSync } from 'node:fs';
import { Controller, Get, Header } from '@nestjs/common';

/** The page's own files; its policy allows no others. */
@Controller('assets')
export class AssetsController {
  private readonly css = asset('shop.css');
  private readonly script = asset('live.js');
  private readonly iconImage = asset('icon.svg');

  @Get('shop.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  style(): string {
    return this.css;
  }

  @Get('live.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  live(): string {
    return this.script;
  }

  @Get('icon.svg')
  @Header('Content-Type', 'image/svg+xml')
  @Header('Cache-Control', 'max-age=86400')
  icon(): string {
    return this.iconImage;
  }
}

function asset(name: string): string {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8');
}
