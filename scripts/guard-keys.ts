/**
 * `npm run guard-keys -- create NAME | list | revoke ID`, with `--stage local|dev|prod` or `--table NAME`: who may ask
 * the guard's endpoint of a deployed stage.
 */
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  guardKeyItem,
  guardKeyPk,
  makeGuardKey,
  type GuardKeyItem,
} from '../functions/detection/domain/guard-keys.ts';
import { parseGuardKeysCommand, renderGuardKeys, type GuardKeysCommand } from './guard-keys/commands.ts';
import { bounded, outputOf } from './support/stage.ts';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'requests-per-minute': { type: 'string' },
      stage: { type: 'string' },
      table: { type: 'string' },
    },
  });
  const command = parseGuardKeysCommand(positionals, values['requests-per-minute']);
  if (!command.ok) throw new Error(command.error);
  await run(command.value, values.table ?? (await findTable(values.stage ?? 'dev')));
} catch (error) {
  console.error(error instanceof Error ? error.message : 'guard-keys: an unknown error');
  process.exitCode = 1;
}

async function run(command: GuardKeysCommand, TableName: string): Promise<void> {
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(bounded));
  const now = new Date().toISOString();
  switch (command.do) {
    case 'create': {
      const { name, requestsPerMinute } = command;
      const { key, item } = makeGuardKey({ name, requestsPerMinute, createdAt: now }, randomBytes(38));
      await dynamo.send(
        new PutCommand({ TableName, Item: item, ConditionExpression: 'attribute_not_exists(pk)' }),
      );
      // The key alone on standard output, so that it can go straight into a secret store.
      console.error(
        `The key of ${name}, id ${item.id}, up to ${requestsPerMinute} requests a minute. It is shown this once:`,
      );
      console.log(key);
      return;
    }
    case 'revoke':
      try {
        await dynamo.send(
          new UpdateCommand({
            TableName,
            Key: { pk: guardKeyPk(command.id) },
            UpdateExpression: 'SET revokedAt = if_not_exists(revokedAt, :now)',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: { ':now': now },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Error(`There is no key ${command.id}; \`list\` shows them.`, { cause: error });
      }
      console.log(`The key ${command.id} is refused, everywhere within a minute.`);
      return;
    case 'list':
      console.log(renderGuardKeys(await readKeys(dynamo, TableName)));
  }
}

async function readKeys(client: DynamoDBDocumentClient, TableName: string): Promise<GuardKeyItem[]> {
  const keys: GuardKeyItem[] = [];
  // Beside the keys lie an hour's counters: few enough to read past them.
  const scan = {
    TableName,
    FilterExpression: 'begins_with(pk, :key)',
    ExpressionAttributeValues: { ':key': guardKeyPk('') },
  };
  for await (const { Items = [] } of paginateScan({ client }, scan))
    keys.push(...Items.map((item) => guardKeyItem.parse(item)));
  return keys;
}

function findTable(stage: string): Promise<string> {
  return outputOf(stage, 'data', 'GuardKeysTableName', 'name the table with --table');
}
