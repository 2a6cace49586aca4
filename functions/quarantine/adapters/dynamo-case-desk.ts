import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { dailyKey, DAILY_METRICS_KEPT_DAYS, utcDay } from '../../contracts/daily-metrics.ts';
import { CASE_INDEXES } from '../../contracts/review.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { err, ok } from '../../kernel/result.ts';
import { decide, quarantineCase, type Case, type Decision } from '../domain/case.ts';
import type { CaseDesk } from '../domain/case-book.ts';
import { readCursor, writeCursor } from '../domain/cursor.ts';
import { timeBounds } from '../domain/query-quarantine.ts';
import { conditionOf } from '../domain/transitions.ts';
import { additionUpdate } from './case-updates.ts';

export interface DynamoCaseDeskOptions {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly caseTable: string;
  readonly metricsTable: string;
  readonly clock: Clock;
  /** How long a case that was judged is remembered after the judgement. */
  readonly memoryDays: number;
}

/** A refused write is decided again on what is there now; a judgement that still stands then met a finding being counted. */
const MAX_ATTEMPTS = 5;
const REQUEST_DEADLINE_MS = 4_000;
const INDEX_OF = {
  status: CASE_INDEXES.byStatus,
  severity: CASE_INDEXES.bySeverity,
  secretType: CASE_INDEXES.bySecretType,
} as const;
const storedKey = z.object({ pk: z.string(), openedAt: z.string() });

/** Cases as reviewers see and judge them. */
export function createDynamoCaseDesk(options: DynamoCaseDeskOptions): CaseDesk {
  const { client, caseTable, metricsTable, clock, memoryDays } = options;
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

  async function get(caseId: string): Promise<Case | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: caseTable, Key: { pk: caseId }, ConsistentRead: true }),
      bounded(),
    );
    return Item && quarantineCase.parse(Item);
  }

  const write = (decision: Decision, decided: Case) =>
    new TransactWriteCommand({
      TransactItems: [
        { Update: { TableName: caseTable, Key: { pk: decided.pk }, ...decisionUpdate(decision, decided) } },
        ...(decision.do === 'false_positive'
          ? [
              {
                Update: {
                  TableName: metricsTable,
                  Key: dailyKey.reviews(utcDay(toIso(clock.now()))),
                  ...additionUpdate(
                    { falsePositives: 1 },
                    Math.floor(clock.now() / 1000) + DAILY_METRICS_KEPT_DAYS * 86_400,
                  ),
                },
              },
            ]
          : []),
      ],
    });

  return {
    get,

    async decide(decision) {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const decided = decide(await get(decision.caseId), decision, clock.now(), memoryDays);
        if (!decided.ok) return decided;
        try {
          await client.send(write(decision, decided.value), bounded());
          return ok((await get(decision.caseId)) ?? decided.value);
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) throw error;
        }
      }
      throw new Error(`The case ${decision.caseId} is being written by others all the time. Try again.`);
    },

    async list(select, { limit, cursor, from, until }) {
      const question = ['case', select.by, select.value, from ?? null, until ?? null];
      const after = cursor === undefined ? undefined : readCursor(question, cursor);
      if (cursor !== undefined && after === undefined) return err('cursor_of_another_query');
      const index = INDEX_OF[select.by];
      const { lower, upper } = timeBounds({
        ...(from !== undefined && { from }),
        ...(until !== undefined && { until }),
      });
      // Bounds that exclude each other are a question with no answer; DynamoDB would call them an error.
      if (lower > upper) return ok({ cases: [] });
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: caseTable,
          IndexName: index.name,
          KeyConditionExpression: '#by = :value AND openedAt BETWEEN :lower AND :upper',
          FilterExpression: 'attribute_not_exists(expiresAt) OR expiresAt > :now',
          ExpressionAttributeNames: { '#by': index.partitionKey },
          ExpressionAttributeValues: {
            ':value': select.value,
            ':lower': lower,
            ':upper': upper,
            ':now': Math.floor(clock.now() / 1000),
          },
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: after && {
            pk: after.pk,
            openedAt: after.at,
            [index.partitionKey]: select.value,
          },
        }),
        bounded(),
      );
      const cases = Items.map((item) => quarantineCase.parse(item));
      if (!LastEvaluatedKey) return ok({ cases });
      const last = storedKey.parse(LastEvaluatedKey);
      return ok({ cases, next: writeCursor(question, { pk: last.pk, at: last.openedAt }) });
    },
  };
}

/**
 * Writes what was decided and nothing that findings write, so that a finding which is counted meanwhile is no obstacle.
 * The condition is the transition's own: only from its valid states, only after the decision that the reviewer saw.
 */
function decisionUpdate(decision: Decision, decided: Case) {
  const set: Record<string, unknown> = {
    status: decided.status,
    changedAt: decided.changedAt,
    reviewer: decided.reviewer,
    reason: decided.reason,
    reviewedAt: decided.reviewedAt,
    onHold: decided.onHold,
    keepUntil: decided.keepUntil,
    ...(decided.onHold ? {} : { expiresAt: decided.keepUntil }),
  };
  // A hold moves no status; it only asks that none was decided meanwhile.
  const condition =
    decision.do === 'hold' || decision.do === 'lift_hold'
      ? { expression: 'attribute_exists(pk)', names: {}, values: {} }
      : conditionOf(decision.do);
  const names = Object.keys(set);
  return {
    UpdateExpression:
      `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}` +
      (decided.onHold ? ' REMOVE #expiresAt' : '') +
      ' ADD #version :one, #decisions :one',
    ConditionExpression: `#decisions = :seen AND ${condition.expression}`,
    ExpressionAttributeNames: {
      ...Object.fromEntries([...names, 'version', 'decisions'].map((name) => [`#${name}`, name])),
      ...(decided.onHold ? { '#expiresAt': 'expiresAt' } : {}),
      ...condition.names,
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(names.map((name) => [`:${name}`, set[name]])),
      ...condition.values,
      ':seen': decision.seen,
      ':one': 1,
    },
  };
}
