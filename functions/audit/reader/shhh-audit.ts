#!/usr/bin/env node
/** `npx shhh-audit verify | info | get | prove | export | summary`: reads the audit log, and believes none of it. */
import { S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '../../kernel/clock.ts';
import { createDirectorySource } from '../../platform/directory-log-source.ts';
import { createS3Source } from '../../platform/s3-log-source.ts';
import { parseCommand, USAGE } from './arguments.ts';
import { run } from './read-log.ts';

const BUCKET = /^s3:\/\/([^/]+)\/?(.*?)\/?$/;
const bounded = { maxAttempts: 4, requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000 } };

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function open(log: string) {
  const [, bucket, prefix] = BUCKET.exec(log) ?? [];
  if (bucket === undefined) return createDirectorySource(log);
  return createS3Source(new S3Client(bounded), bucket, prefix ? `${prefix}/` : '');
}

try {
  const command = parseCommand(process.argv.slice(2));
  if (!command.ok) throw new Error(`${command.error}\n\n${USAGE}`);
  const asked =
    'progress' in command.value ? { progress: command.value.progress || process.stderr.isTTY } : {};
  process.exitCode = await run(
    { ...command.value, ...asked },
    { open, out: process.stdout, say, now: () => performance.now(), clock: systemClock },
  );
} catch (error) {
  say(error instanceof Error ? error.message : 'shhh-audit: an unknown error');
  process.exitCode = 2;
}
