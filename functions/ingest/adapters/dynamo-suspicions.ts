import { UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { addressOf, ingestKey } from '../../contracts/ingest-state.ts';
import type { Suspicions } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** Keeps the evidence: one item for each log and kind, with what was met first and last. */
export function createDynamoSuspicions(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  tableName: string,
): Suspicions {
  return {
    async raise({ peer, suspicion, observedAt, evidence }) {
      await dynamo.send(
        new UpdateCommand({
          TableName: tableName,
          Key: ingestKey.suspicion(peer.core, suspicion),
          UpdateExpression:
            'SET #core = :core, #suspicion = :suspicion, #peer = :peer, #lastAt = :at, #lastEvidence = :evidence, ' +
            '#firstAt = if_not_exists(#firstAt, :at), #firstEvidence = if_not_exists(#firstEvidence, :evidence) ' +
            'ADD #times :one',
          ExpressionAttributeNames: {
            '#core': 'core',
            '#suspicion': 'suspicion',
            '#peer': 'peer',
            '#firstAt': 'firstAt',
            '#lastAt': 'lastAt',
            '#firstEvidence': 'firstEvidence',
            '#lastEvidence': 'lastEvidence',
            '#times': 'times',
          },
          ExpressionAttributeValues: {
            ':core': peer.core,
            ':suspicion': suspicion,
            ':peer': addressOf(peer),
            ':at': observedAt,
            ':evidence': evidence,
            ':one': 1,
          },
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
    },
  };
}
