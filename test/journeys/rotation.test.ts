/** A database's credential is rotated under the service that uses it: by the workflow, there and back, and by the plain function. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  rotationAnswer,
  SECRET_COMPROMISED,
  type RotationView,
  type SecretCompromised,
} from '../../functions/contracts/rotation.ts';
import { startService, type Service } from '../../scripts/soak/service.ts';
import { hasPostgres } from '../support/postgres-server.ts';
import { rotateSecret } from '../support/rotate-secret-driver.ts';
import { startManagedPostgres, type ManagedPostgres } from '../support/rotation/managed-postgres.ts';
import { System, until } from '../support/system.ts';

const SECRET = 'orders-db';
const SECRET_ID = 'shhh-journey/orders-db';

describe.runIf(hasPostgres())('a database’s credential', () => {
  let system: System;
  let secretsManager: SecretsManagerClient;
  let database: ManagedPostgres;
  let service: Service;

  beforeAll(async () => {
    system = await System.connect();
    secretsManager = new SecretsManagerClient(system.clientOptions);
    database = await startManagedPostgres({
      secretsManager,
      secretId: SECRET_ID,
      authorityId: `${SECRET_ID}-admin`,
    });
    service = await startService({
      ...{ consumer: 'orders', secret: SECRET, secretId: SECRET_ID, keepMs: 400, perSecond: 50 },
      deskName: system.outputs.RotationDeskName,
      options: system.clientOptions,
    });
  });
  afterAll(async () => {
    await service.stop();
    await database.stop();
    await system.close();
  });

  const ask = async (request: object) =>
    rotationAnswer.parse(
      await system.invoke(system.outputs.RotationDeskName, { secret: SECRET, ...request }),
    );
  async function shown(): Promise<RotationView | undefined> {
    const answer = await ask({ do: 'show' });
    return answer.answer === 'rotation' ? answer.rotation : undefined;
  }
  async function ended(run: number): Promise<RotationView | undefined> {
    await until(60_000, async () => {
      const now = await shown();
      return now?.run === run && now.endedAt !== undefined;
    });
    return shown();
  }
  /** A service closes its last connections a moment after it has followed. */
  async function expectInOrder(): Promise<void> {
    await until(5_000, async () => (await database.faults()).length === 0);
    expect(await database.faults()).toEqual([]);
  }

  it('is made, tested, published, acknowledged, and the old one retired and dead, once, though three ask at once', async () => {
    const request = { do: 'rotate', by: 'journey', why: 'it is time', emergency: false };
    const answers = await Promise.all([ask(request), ask(request), ask(request)]);
    expect(answers.map(({ answer }) => answer).sort()).toEqual(['refused', 'refused', 'rotation']);
    const rotation = await ended(1);
    expect(rotation).toMatchObject({
      ...{ status: 'completed', run: 1, oldIdentity: { id: 'orders' }, newIdentity: { id: 'orders_clone' } },
      consumers: [{ name: 'orders' }],
    });
    const order = [
      ...[rotation?.stagedAt, rotation?.verifiedAt, rotation?.promotedAt],
      ...[rotation?.acknowledgedAt, rotation?.retiredAt, rotation?.endedAt],
    ];
    expect(order).toEqual(order.filter((at) => at !== undefined).sort());
    expect(rotation?.tests.map(({ outcome }) => outcome)).toEqual(rotation?.tests.map(() => 'passed'));
    await expectInOrder();
  });

  it('goes back where a consumer does not follow; the same indicator twice is one rotation', async () => {
    const before = await database.current();
    const indicator: SecretCompromised = {
      ...{ version: 1, eventId: 'journey-1', secret: SECRET, by: 'journey', why: 'somebody has seen it' },
    };
    const Entry = {
      ...{ EventBusName: system.outputs.BusName, Source: 'journey', DetailType: SECRET_COMPROMISED },
      Detail: JSON.stringify(indicator),
    };
    service.late(true);
    await new EventBridgeClient(system.clientOptions).send(new PutEventsCommand({ Entries: [Entry, Entry] }));
    expect(await ended(2)).toMatchObject({
      ...{ status: 'rolled_back', reason: 'not_acknowledged', run: 2 },
      trigger: { kind: 'threat', emergency: true },
    });
    service.late(false);
    expect(await database.current()).toEqual(before);
    await expectInOrder();
  });

  it('is rotated by the plain function in the four calls of Secrets Manager, each of them twice', async () => {
    const before = await database.current();
    const functionArn = system.outputs.RotationFunctionArn;
    // Here it attaches the function and calls it never: it publishes a copy.
    await secretsManager.send(
      new RotateSecretCommand({ SecretId: SECRET_ID, RotationLambdaARN: functionArn }),
    );
    const { ARN = '' } = await secretsManager.send(new DescribeSecretCommand({ SecretId: SECRET_ID }));
    const { token, failed } = await rotateSecret({
      secretId: ARN,
      announce: async (ClientRequestToken) => {
        // As the service announces it: a version with a label and without a value.
        const announced = { SecretId: ARN, ClientRequestToken, VersionStages: ['AWSPENDING'] };
        await secretsManager.send(new PutSecretValueCommand(announced));
      },
      call: async ({ step, secretId, token: ClientRequestToken }) => {
        const event = { Step: step, SecretId: secretId, ClientRequestToken };
        await system.invoke(functionArn, event);
        await system.invoke(functionArn, event);
      },
    });
    expect(failed).toEqual([]);
    const { VersionIdsToStages } = await secretsManager.send(
      new DescribeSecretCommand({ SecretId: SECRET_ID }),
    );
    expect(VersionIdsToStages?.[token]).toEqual(['AWSCURRENT']);
    const now = await database.current();
    expect(now.username).toBe(database.otherThan(before.username));
    // It has no step that ends the old one: that lives until the next rotation.
    expect(await Promise.all([now, before].map((each) => database.works(each)))).toEqual([true, true]);
  });

  it('was refused to no request of the service meanwhile', async () => {
    await service.stop();
    expect(service.seconds.flatMap(({ errors }) => errors)).toEqual([]);
    const succeeded = service.seconds.reduce((sum, second) => sum + second.succeeded, 0);
    expect(succeeded).toBeGreaterThan(200);
    expect(await database.rows()).toBe(succeeded);
  });
});
