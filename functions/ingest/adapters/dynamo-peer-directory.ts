import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { paginateQuery, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ingestKey, peerItem, type PeerItem } from '../../contracts/ingest-state.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { Peer, PeerDirectory } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** The peers that the operator, or an index, registered: one partition, read whole. */
export function createDynamoPeerDirectory(dynamo: DynamoDBDocumentClient, tableName: string): PeerDirectory {
  return {
    async list() {
      const peers: Peer[] = [];
      const unreadable: string[] = [];
      const pages = paginateQuery(
        { client: dynamo },
        {
          TableName: tableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': ingestKey.peer('').pk },
        },
      );
      for await (const { Items = [] } of pages) {
        for (const item of Items) {
          const parsed = peerItem.safeParse(item);
          if (parsed.success) {
            const { pk: _, sk: __, listedBy: ___, ...peer } = parsed.data;
            peers.push(peer);
          } else {
            unreadable.push(`${String(item['sk'])}: ${describeProblems(parsed.error)}`);
          }
        }
      }
      return { peers, unreadable };
    },

    async enroll({ isIndex: _, ...peer }, index) {
      const item: PeerItem = {
        ...peer,
        pk: 'PEER',
        sk: ingestKey.peer(peer.core).sk,
        listedBy: index,
      };
      try {
        await dynamo.send(
          new PutCommand({
            TableName: tableName,
            Item: item,
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
          { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
