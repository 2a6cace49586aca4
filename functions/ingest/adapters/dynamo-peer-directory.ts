import { paginateQuery, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ingestKey, peerItem } from '../../contracts/ingest-state.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { Peer, PeerDirectory } from '../domain/ports.ts';

/** The peers that the operator registered: one partition, read whole. */
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
            const { core, host, port, name } = parsed.data;
            peers.push({ core, host, port, name });
          } else {
            unreadable.push(`${String(item['sk'])}: ${describeProblems(parsed.error)}`);
          }
        }
      }
      return { peers, unreadable };
    },
  };
}
