import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { QueryCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { QUARANTINE_INDEXES } from '../../contracts/quarantine.ts';
import type { CaseProjector } from '../domain/case-book.ts';
import { shownOn, type Case } from '../domain/case.ts';
import { showUpdate } from './case-updates.ts';

const REQUEST_DEADLINE_MS = 4_000;
const CONCURRENT_WRITES = 25;

const indexed = z.object({ pk: z.string() });

/**
 * Finds the findings by their fingerprint. One that was counted a moment ago may not stand in the index yet: the case
 * names its latest findings itself, and one that is not counted yet will show the case when it is.
 */
export function createDynamoCaseProjector(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  quarantineTable: string,
): CaseProjector {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

  async function show(pk: string, known: Case): Promise<boolean> {
    try {
      await client.send(
        new UpdateCommand({
          TableName: quarantineTable,
          Key: { pk },
          ...showUpdate(shownOn(known), 'attribute_exists(#caseId) AND #caseVersion < :caseVersion'),
        }),
        bounded(),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function findingsOf(known: Case): Promise<ReadonlySet<string>> {
    const found = new Set(known.places.map(({ findingId }) => findingId));
    let from: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: quarantineTable,
          IndexName: QUARANTINE_INDEXES.byFingerprint.name,
          KeyConditionExpression: 'fingerprint = :fingerprint',
          ProjectionExpression: 'pk',
          ExpressionAttributeValues: { ':fingerprint': known.fingerprint },
          ExclusiveStartKey: from,
        }),
        bounded(),
      );
      for (const item of Items) found.add(indexed.parse(item).pk);
      from = LastEvaluatedKey;
    } while (from);
    return found;
  }

  return {
    async project(known) {
      const findings = [...(await findingsOf(known))];
      let changed = 0;
      for (let at = 0; at < findings.length; at += CONCURRENT_WRITES) {
        const written = await Promise.all(
          findings.slice(at, at + CONCURRENT_WRITES).map((pk) => show(pk, known)),
        );
        changed += written.filter(Boolean).length;
      }
      return changed;
    },
  };
}
