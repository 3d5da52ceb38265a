import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { GuardService } from '../libs/ses-reputation/src/guard/guard.service.js';
import { GuardState } from '../libs/ses-reputation/src/guard/guard-state.entity.js';
import { Leadership } from '../libs/ses-reputation/src/leadership/leadership.js';
import { MailerService } from '../libs/ses-reputation/src/mailer/mailer.service.js';
import { ReputationState } from '../libs/ses-reputation/src/reputation/reputation-state.entity.js';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { Said, startInHaste } from './support/background-app.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { until } from './support/sns-harness.js';
import { TcpProxy } from './support/tcp-proxy.js';

const POOL = 10;
const DEFAULT_PORTS = { PostgreSQL: 5432, MariaDB: 3306, SQLite: 0 };
const servers = databaseKinds().filter(({ name }) => name !== 'SQLite');

// Jest needs a test in the file where neither server is there.
if (servers.length === 0) it.skip('needs PostgreSQL or MariaDB', () => undefined);

for (const kind of servers)
  describe(`background work while ${kind.name} takes connections and says nothing`, () => {
    let database: TestDatabase;
    let proxy: TcpProxy;
    let simulator: SesSimulator;
    let app: INestApplication;
    let said: Said;
    /** Not by the proxy. */
    let direct: DataSource;

    beforeEach(async () => {
      database = await kind.create();
      simulator = await SesSimulator.start({ sendRate: 1_000 });
      const url = new URL(database.url);
      proxy = await TcpProxy.start({
        host: url.hostname,
        port: Number(url.port) || DEFAULT_PORTS[kind.name],
      });
      url.hostname = '127.0.0.1';
      url.port = String(proxy.port);
      said = new Said();
      app = await startInHaste({ ...database.options, url: url.href }, simulator, {
        background: { leaseMs: 1_000 },
        logger: said,
        limits: { questionMs: 500, open: 3 },
      });
      direct = await new DataSource({
        ...database.options,
        entities: SES_REPUTATION_ENTITIES,
      }).initialize();
    });
    afterEach(async () => {
      await app?.close();
      await direct.destroy();
      await proxy.stop();
      await simulator.stop();
      await database.drop();
    });

    const leads = () => app.get(Leadership).token !== null;
    const checks = async () => (await direct.manager.find(ReputationState)).map(({ version }) => version);

    async function checkGoesOn(): Promise<void> {
      const before = await checks();
      while (JSON.stringify(await checks()) === JSON.stringify(before)) await sleep(20);
    }

    it('goes on when new connections work, and leaves the host’s pool alone until then', async () => {
      await until(leads);
      await app.get(GuardService).pause('newsletter', { reason: 'a bad list' });
      await checkGoesOn();
      proxy.swallow();
      let most = 0;
      const looked = () => {
        most = Math.max(most, proxy.open);
        return false;
      };
      await until(() => looked() || said.of('The lease').length > 0);
      await until(() => looked() || said.of('Paused streams').length > 0);
      await until(() => looked() || said.of('The check').length > 0 || !leads());
      // Long enough for several more questions about the lease.
      for (const end = performance.now() + 5_000; performance.now() < end; await sleep(20)) looked();
      expect(leads()).toBe(false);
      expect(most).toBeLessThan(POOL);
      expect(said.of('The lease')).toHaveLength(1);
      expect(said.of('Paused streams')).toHaveLength(1);
      proxy.recover();
      await until(leads);
      await checkGoesOn();
      await direct.manager.update(GuardState, { stream: 'newsletter' }, { mode: 'open', version: 99 });
      const send = () =>
        app.get(MailerService).send({ to: 'ann@example.com', stream: 'newsletter', text: 'Fresh bread.' });
      while ((await send()).status !== 'sent') await sleep(50);
    });

    it('does not keep the application from closing', async () => {
      await until(leads);
      proxy.swallow();
      await app.close();
      expect(leads()).toBe(false);
    });
  });
