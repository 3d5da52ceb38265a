import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SesSimulator, type SimulatorFaults } from 'nestjs-ses-reputation/testing';
import { account, simulator, start, stop } from './support/ses-session.js';

type Case = [given: object, kind: typeof TypeError, message: RegExp];

describe('what the simulator is asked for and does not have', () => {
  beforeEach(() => start());
  afterEach(stop);

  it.each<Case>([
    [{ bogus: 1 }, TypeError, /no bogus; expected throttle, .*, snsOutage; got bogus: 1/],
    [{ outage: true }, TypeError, /no outage/],
    [{ toString: true }, TypeError, /no toString/],
    [{ sesOutage: 'reset' }, TypeError, /sesOutage is 'reset'; expected true, false or an object with kind/],
    [{ sesOutage: null }, TypeError, /sesOutage is null/],
    [{ sesOutage: { kind: 'reset' } }, RangeError, /sesOutage\.kind is 'reset'; expected one of 'status'/],
    [{ sesOutage: { king: 'status' } }, TypeError, /no sesOutage\.king/],
    [{ sesOutage: { status: 200 } }, RangeError, /sesOutage\.status is 200; expected a status from 500/],
    [{ sesOutage: { calls: 1.5 } }, RangeError, /sesOutage\.calls is 1\.5/],
    [{ sesOutage: { operations: ['sendEmail'] } }, RangeError, /\[ 'sendEmail' \]; expected .*SendEmail/],
    [{ sesOutage: { operations: 'SendEmail' } }, TypeError, /sesOutage\.operations is 'SendEmail'/],
    [{ throttle: '1' }, TypeError, /throttle is '1'; expected a whole number of calls, 0 or more, or true/],
    [{ throttle: -1 }, RangeError, /throttle is -1/],
    [{ quotaExceeded: Number.NaN }, RangeError, /quotaExceeded is NaN/],
    [{ bulkStatuses: ['success'] }, RangeError, /\[ 'success' \]; expected .*TRANSIENT_FAILURE/],
    [{ snsOutage: 1 }, TypeError, /snsOutage is 1; expected true or false/],
    [{ duplicates: 0.5 }, RangeError, /duplicates is 0\.5/],
    [{ delayMs: '5' }, TypeError, /delayMs is '5'; expected milliseconds/],
    [{ reorder: 'yes' }, TypeError, /reorder is 'yes'/],
    ['reset' as never, TypeError, /fail\(\): expected an object with throttle, .*; got 'reset'/],
    [[] as never, TypeError, /got \[\]/],
  ])('fail(%j) throws and changes nothing', async (faults, kind, message) => {
    simulator.fail({ sesOutage: { status: 507 } });
    const fail = () => simulator.fail(faults as SimulatorFaults);
    expect(fail).toThrow(kind);
    expect(fail).toThrow(message);
    await expect(account()).rejects.toMatchObject({ $metadata: { httpStatusCode: 507 } });
    simulator.fail(null);
    await account();
  });

  it.each<Case>([
    [{ sendrate: 5 }, TypeError, /no sendrate; expected productionAccess, .*; got sendrate: 5/],
    [{ account: '12' }, RangeError, /account is '12'; expected twelve digits/],
    [{ account: 123456789012 }, TypeError, /account is 123456789012; expected twelve digits/],
    [{ port: 'x' }, TypeError, /port is 'x'; expected a port from 0 to 65535/],
    [{ port: 65_536 }, RangeError, /port is 65536/],
    [{ region: 'Mars' }, RangeError, /region is 'Mars'/],
    [{ apiRate: 0 }, RangeError, /apiRate is 0/],
    [{ retry: { delay: 5 } }, TypeError, /no retry\.delay; expected attempts, delayMs, timeoutMs/],
    [{ retry: { attempts: 0 } }, RangeError, /retry\.attempts is 0/],
    [{ retry: 4 }, TypeError, /retry is 4; expected an object with attempts, delayMs, timeoutMs/],
    [{ signatureVersion: 2 }, TypeError, /signatureVersion is 2; expected one of '1', '2'/],
    [{ identities: 'example.com' }, TypeError, /identities is 'example\.com'; expected a list/],
    [{ now: 0 }, TypeError, /now is 0; expected a function/],
    [{ productionAccess: 'no' }, TypeError, /productionAccess is 'no'/],
    [{ sendRate: Number.POSITIVE_INFINITY }, RangeError, /sendRate is Infinity/],
    [{ quota: -2 }, RangeError, /quota is -2; .*-1 for no limit/],
    [{ enforcementStatus: 'shutdown' }, RangeError, /enforcementStatus is 'shutdown'; .*'SHUTDOWN'/],
    [{ suppressedReasons: ['bounce'] }, RangeError, /suppressedReasons is \[ 'bounce' \]/],
  ])('start(%j) rejects', async (options, kind, message) => {
    const started = SesSimulator.start(options as never);
    await expect(started).rejects.toThrow(kind);
    await expect(started).rejects.toThrow(message);
  });

  it('takes undefined for not given', async () => {
    await stop();
    await start({ port: undefined, retry: { attempts: undefined }, quota: undefined });
    simulator.fail({ throttle: undefined, sesOutage: { kind: undefined, status: undefined, calls: 1 } });
    await expect(account()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    expect((await account()).SendQuota).toMatchObject({ Max24HourSend: 50_000 });
  });
});
