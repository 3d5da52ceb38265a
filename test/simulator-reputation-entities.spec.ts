import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CreateConfigurationSetCommand,
  GetReputationEntityCommand,
  ListReputationEntitiesCommand,
  UpdateReputationEntityCustomerManagedStatusCommand,
  type ListReputationEntitiesCommandInput,
} from '@aws-sdk/client-sesv2';
import { hasCommand } from './support/external.js';
import { AwsShell } from './support/run-command.js';
import { client, simulator, start, stop } from './support/ses-session.js';

const ARN = 'arn:aws:ses:us-east-1:123456789012:';
const DOMAIN = `${ARN}identity/example.com`;
const MAIN = `${ARN}configuration-set/main`;
const RESOURCE = { ReputationEntityType: 'RESOURCE' as const };

beforeEach(() => start({ identities: ['example.com', 'ann@example.org'] }));
afterEach(stop);

const list = (input: ListReputationEntitiesCommandInput = {}) =>
  client.send(new ListReputationEntitiesCommand(input));

const arns = async (input?: ListReputationEntitiesCommandInput) =>
  (await list(input)).ReputationEntities!.map(({ ReputationEntityReference }) => ReputationEntityReference);

const set = (SendingStatus: 'ENABLED' | 'DISABLED') =>
  client.send(
    new UpdateReputationEntityCustomerManagedStatusCommand({
      ...RESOURCE,
      ReputationEntityReference: MAIN,
      SendingStatus,
    }),
  );

const aggregate = async () =>
  (await list({ Filter: { ENTITY_REFERENCE_PREFIX: MAIN } })).ReputationEntities![0]!.SendingStatusAggregate;

describe('reputation entities of the simulator', () => {
  it('are its identities and configuration sets, and nothing is found of them at first', async () => {
    expect(await arns()).toEqual([MAIN, `${ARN}identity/ann@example.org`, DOMAIN]);
    const { ReputationEntity } = await client.send(
      new GetReputationEntityCommand({ ...RESOURCE, ReputationEntityReference: DOMAIN }),
    );
    expect(ReputationEntity).toEqual({
      ReputationEntityReference: DOMAIN,
      ReputationEntityType: 'RESOURCE',
      AwsSesManagedStatus: { Status: 'ENABLED' },
      CustomerManagedStatus: { Status: 'ENABLED' },
      SendingStatusAggregate: 'ENABLED',
    });
  });

  it('show what Amazon found, and come by pages and filters', async () => {
    simulator.setReputationEntity('identity/example.com', {
      impact: 'HIGH',
      status: 'DISABLED',
      cause: 'Spam',
    });
    const { ReputationEntities } = await list({ Filter: { REPUTATION_IMPACT: 'HIGH' } });
    expect(ReputationEntities).toMatchObject([
      {
        ReputationEntityReference: DOMAIN,
        ReputationImpact: 'HIGH',
        SendingStatusAggregate: 'DISABLED',
        AwsSesManagedStatus: { Status: 'DISABLED', Cause: 'Spam', LastUpdatedTimestamp: expect.any(Date) },
      },
    ]);
    expect(await arns({ Filter: { SENDING_STATUS: 'ENABLED' } })).toHaveLength(2);
    expect(await arns({ Filter: { ENTITY_REFERENCE_PREFIX: `${ARN}configuration-set/` } })).toEqual([MAIN]);
    const first = await list({ PageSize: 2 });
    expect(first.ReputationEntities).toHaveLength(2);
    const rest = await list({ PageSize: 2, NextToken: first.NextToken });
    expect(rest.ReputationEntities).toHaveLength(1);
    expect(rest.NextToken).toBeUndefined();
  });

  it("take the owner's status, which can't lift Amazon's", async () => {
    await set('DISABLED');
    expect(await aggregate()).toBe('DISABLED');
    simulator.setReputationEntity('configuration-set/main', { status: 'DISABLED' });
    await set('ENABLED');
    expect(await aggregate()).toBe('DISABLED');
    simulator.setReputationEntity('configuration-set/main', { status: 'REINSTATED' });
    expect(await aggregate()).toBe('REINSTATED');
  });

  it('refuse what is not there', async () => {
    await client.send(new CreateConfigurationSetCommand({ ConfigurationSetName: 'bulk' }));
    expect(await arns()).toHaveLength(4);
    const unknown = { ...RESOURCE, ReputationEntityReference: `${ARN}identity/example.net` };
    await expect(client.send(new GetReputationEntityCommand(unknown))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    await expect(list({ Filter: { NAME: 'x' } as never })).rejects.toMatchObject({
      name: 'BadRequestException',
    });
    await expect(list({ NextToken: 'x' })).rejects.toThrow(/NextToken/);
    expect(() => simulator.setReputationEntity('identity/example.net', {})).toThrow(/does not exist/);
    expect(() => simulator.setReputationEntity('identity/example.com', { impact: 'MUCH' as never })).toThrow(
      /impact/,
    );
  });

  it('are forbidden on demand', async () => {
    simulator.fail({ denied: ['ListReputationEntities'] });
    await expect(list()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    });
    simulator.fail({});
    expect(await arns()).toHaveLength(3);
    expect(() => simulator.fail({ denied: ['Nothing'] })).toThrow(RangeError);
  });
});

if (hasCommand('aws', ['sesv2', 'list-reputation-entities', 'help']))
  describe('the AWS CLI', () => {
    it('lists them', async () => {
      const shell = await AwsShell.open(simulator.endpoint);
      try {
        const { ReputationEntities } = await shell.aws('sesv2', 'list-reputation-entities');
        expect(ReputationEntities).toHaveLength(3);
      } finally {
        await shell.close();
      }
    });
  });
