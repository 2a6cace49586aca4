import {
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionEventInvokeConfigCommand,
  GetLayerVersionByArnCommand,
  GetPolicyCommand,
  ListTagsCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clients } from '../clients.ts';
import { documentOf, name, orAbsent, tagList, type Reader } from './reader.ts';

const Asset = z.object({ S3Bucket: z.string(), S3Key: z.string() });

/**
 * A function does not remember where its code came from, but what it is.
 * @returns the asset that was asked for if that is what runs, else the digest of what does
 */
async function codeOf(asked: unknown, digest: string | undefined, { s3 }: Clients): Promise<unknown> {
  const { S3Bucket, S3Key } = Asset.parse(asked);
  const asset = await orAbsent(s3.send(new GetObjectCommand({ Bucket: S3Bucket, Key: S3Key })));
  const bytes = await asset?.Body?.transformToByteArray();
  if (!bytes) return undefined;
  return createHash('sha256').update(bytes).digest('base64') === digest ? asked : { CodeSha256: digest };
}

export const readFunction: Reader = async (FunctionName, clients, asked) => {
  const { lambda } = clients;
  const read = await orAbsent(lambda.send(new GetFunctionCommand({ FunctionName })));
  const configuration = read?.Configuration;
  if (!configuration) return undefined;
  const [Code, concurrency] = await Promise.all([
    codeOf(asked['Code'], configuration.CodeSha256, clients),
    lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })),
  ]);
  return {
    ...configuration,
    Code,
    Layers: configuration.Layers?.map(({ Arn }) => Arn),
    ReservedConcurrentExecutions: concurrency.ReservedConcurrentExecutions,
    Tags: tagList(read.Tags),
  };
};

export const readLayerVersion: Reader = async (Arn, clients, asked) => {
  const layer = await orAbsent(clients.lambda.send(new GetLayerVersionByArnCommand({ Arn })));
  return (
    layer && {
      LayerName: layer.LayerArn?.split(':').at(-1),
      CompatibleArchitectures: layer.CompatibleArchitectures,
      CompatibleRuntimes: layer.CompatibleRuntimes,
      Content: await codeOf(asked['Content'], layer.Content?.CodeSha256, clients),
      Description: layer.Description,
    }
  );
};

export const readEventSourceMapping: Reader = async (UUID, { lambda }, asked) => {
  const mapping = await orAbsent(lambda.send(new GetEventSourceMappingCommand({ UUID })));
  if (!mapping) return undefined;
  const tags = await lambda.send(new ListTagsCommand({ Resource: mapping.EventSourceMappingArn }));
  return {
    ...mapping,
    Enabled: mapping.State === 'Enabled',
    // A template may give the name, the API answers with the ARN.
    FunctionName: mapping.FunctionArn?.endsWith(`:function:${name(asked['FunctionName'])}`)
      ? asked['FunctionName']
      : mapping.FunctionArn,
    Tags: tagList(tags.Tags),
  };
};

export const readEventInvokeConfig: Reader = async (_, { lambda }, asked) => {
  const config = await orAbsent(
    lambda.send(
      new GetFunctionEventInvokeConfigCommand({
        FunctionName: name(asked['FunctionName']),
        Qualifier: name(asked['Qualifier']),
      }),
    ),
  );
  return (
    config && {
      FunctionName: asked['FunctionName'],
      Qualifier: config.FunctionArn?.split(':').at(-1),
      DestinationConfig: config.DestinationConfig,
      MaximumEventAgeInSeconds: config.MaximumEventAgeInSeconds,
      MaximumRetryAttempts: config.MaximumRetryAttempts,
    }
  );
};

const Statements = z.object({
  Statement: z.array(
    z.looseObject({
      Action: z.unknown(),
      Principal: z.unknown(),
      Condition: z.unknown(),
    }),
  ),
});
const Principal = z.union([
  z.string(),
  z.object({ Service: z.string() }).transform(({ Service }) => Service),
]);
const SourceArn = z.object({ ArnLike: z.object({ 'AWS:SourceArn': z.string() }) });
const SourceAccount = z.object({ StringEquals: z.object({ 'AWS:SourceAccount': z.string() }) });

/** A function's policy holds every permission; the one that was asked for is known by who may call, and for what. */
export const readPermission: Reader = async (_, { lambda }, asked) => {
  const FunctionName = name(asked['FunctionName']);
  const policy = await orAbsent(lambda.send(new GetPolicyCommand({ FunctionName })));
  if (!policy) return undefined;
  const permissions = Statements.parse(documentOf(policy.Policy)).Statement.map(
    ({ Action, Principal: principal, Condition }) => ({
      Action,
      FunctionName,
      Principal: Principal.safeParse(principal).data,
      SourceArn: SourceArn.safeParse(Condition).data?.ArnLike['AWS:SourceArn'],
      SourceAccount: SourceAccount.safeParse(Condition).data?.StringEquals['AWS:SourceAccount'],
    }),
  );
  return (
    permissions.find(
      (found) => found.Principal === asked['Principal'] && found.SourceArn === asked['SourceArn'],
    ) ?? permissions[0]
  );
};
