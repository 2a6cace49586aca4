/** `npm run silence -- add MATCHER… --for 2h --reason … | list | end ID`: what a deployed stage tells nobody of, until when and why. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import {
  createDynamoSilenceBook,
  type SilenceBook,
} from '../functions/alerts/adapters/dynamo-silence-book.ts';
import { parseSilenceCommand, renderSilences, type SilenceCommand } from './silence/commands.ts';
import { bounded, outputOf } from './support/stage.ts';

const text = { type: 'string' } as const;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { for: text, from: text, reason: text, author: text, stage: text },
  });
  const made = { now: Date.now(), id: randomBytes(4).toString('hex'), user: userInfo().username };
  const command = parseSilenceCommand(positionals, values, made);
  if (!command.ok) throw new Error(command.error);
  const tableName = await outputOf(values.stage ?? 'dev', 'data', 'AlertStateTableName');
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(bounded));
  console.log(await run(command.value, createDynamoSilenceBook({ client, tableName }), made.now));
} catch (error) {
  console.error(error instanceof Error ? error.message : 'silence: an unknown error');
  process.exitCode = 1;
}

/** @returns what to say of it */
async function run(command: SilenceCommand, book: SilenceBook, now: number): Promise<string> {
  switch (command.do) {
    case 'list':
      return renderSilences(await book.all(), now);
    case 'end':
      if (await book.end(command.id, now))
        return `Ended. What it kept back is told within its group's interval.`;
      throw new Error(`No silence ${command.id} is in force or to come; \`list\` shows them.`);
    case 'add':
      await book.add(command.silence);
      return renderSilences([command.silence], now);
  }
}
