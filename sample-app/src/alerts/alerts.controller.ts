import { Controller, Get } from '@nestjs/common';
import { AlertsService, type AlertView } from './alerts.service.js';

const MOST_SHOWN = 200;

@Controller('alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  /** Newest first. */
  @Get()
  list(): Promise<AlertView[]> {
    return this.alerts.newest(MOST_SHOWN);
  }
}
