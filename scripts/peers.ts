/**
 * `npm run peers -- add HOST:PORT KEY [--name NAME] [--index] | list | suspicions | remove KEY`, with `--stage local|dev|prod` or `--table NAME`:
 * which logs a deployed stage follows. The shipper sees a change within about a second.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, paginateQuery, PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import {
  addressOf,
  ingestKey,
  peerItem,
  statusItem,
  suspicionItem,
} from '../functions/contracts/ingest-state.ts';
import { parsePeersCommand, renderPeers, renderSuspicions, type PeersCommand } from './peers/commands.ts';
import { bounded, outputOf } from './support/stage.ts';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      index: { type: 'boolean', default: false },
      stage: { type: 'string' },
      table: { type: 'string' },
    },
  });
  const command = parsePeersCommand(positionals, values.name, values.index);
  if (!command.ok) throw new Error(command.error);
  await run(command.value, values.table ?? (await findTable(values.stage ?? 'dev')));
} catch (error) {
  console.error(error instanceof Error ? error.message : 'peers: an unknown error');
  process.exitCode = 1;
}

async function run(command: PeersCommand, TableName: string): Promise<void> {
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(bounded));
  switch (command.do) {
    case 'add':
      await dynamo.send(new PutCommand({ TableName, Item: command.item }));
      console.log(`Following ${command.item.core} at ${addressOf(command.item)}.`);
      return;
    case 'remove':
      await dynamo.send(new DeleteCommand({ TableName, Key: ingestKey.peer(command.core) }));
      await dynamo.send(new DeleteCommand({ TableName, Key: ingestKey.status(command.core) }));
      console.log(`Not following ${command.core} any longer. Added again, it goes on where it stopped.`);
      return;
    case 'suspicions':
      console.log(
        renderSuspicions(await readAll(dynamo, TableName, ingestKey.suspicion('', '').pk, suspicionItem)),
      );
      return;
    case 'list': {
      const peers = await readAll(dynamo, TableName, ingestKey.peer('').pk, peerItem);
      const statuses = await readAll(dynamo, TableName, ingestKey.status('').pk, statusItem);
      console.log(renderPeers(peers, statuses, Date.now()));
    }
  }
}

async function readAll<T>(
  client: DynamoDBDocumentClient,
  TableName: string,
  pk: string,
  shape: z.ZodType<T>,
): Promise<T[]> {
  const items: T[] = [];
  const query = { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } };
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    items.push(...Items.map((item) => shape.parse(item)));
  }
  return items;
}

function findTable(stage: string): Promise<string> {
  return outputOf(stage, 'data', 'IngestTableName', 'name the table with --table');
}
