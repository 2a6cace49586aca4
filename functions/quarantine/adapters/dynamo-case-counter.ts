import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { GetCommand, TransactWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dailyKey, DAILY_METRICS_KEPT_DAYS } from '../../contracts/daily-metrics.ts';
import type { QuarantineItem } from '../../contracts/quarantine.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { caseIdOf, countInto, keepUntilOf, quarantineCase, shownOn, type Case } from '../domain/case.ts';
import type { CaseCounter } from '../domain/case-book.ts';
import { additionsOf, byDay } from '../domain/daily-metrics.ts';
import { additionUpdate, showUpdate } from './case-updates.ts';

export interface DynamoCaseCounterOptions {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly quarantineTable: string;
  readonly caseTable: string;
  readonly metricsTable: string;
  readonly clock: Clock;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** DynamoDB takes 100 actions in one transaction: so many findings, the case, and the counters of some days. */
const FINDINGS_AT_ONCE = 90;
/** Others write to the same case or to the same counters: each time one of us gets through. */
const MAX_ATTEMPTS = 12;
const REQUEST_DEADLINE_MS = 4_000;

/**
 * One transaction marks the findings as counted, writes the case that they come to and adds to the counters of their
 * days: all of it or nothing, so a repetition finds the marks and counts nothing.
 */
export function createDynamoCaseCounter(options: DynamoCaseCounterOptions): CaseCounter {
  const { client, quarantineTable, caseTable, metricsTable, clock, wait } = options;
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

  async function read(caseId: string): Promise<Case | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: caseTable, Key: { pk: caseId }, ConsistentRead: true }),
      bounded(),
    );
    return Item && quarantineCase.parse(Item);
  }

  function transaction(known: Case | undefined, counted: Case, fresh: readonly QuarantineItem[]) {
    const shown = shownOn(counted);
    return new TransactWriteCommand({
      TransactItems: [
        ...fresh.map((item) => ({
          Update: {
            TableName: quarantineTable,
            Key: { pk: item.pk },
            ...showUpdate(shown, 'attribute_exists(pk) AND attribute_not_exists(#caseId)', keepUntilOf(item)),
          },
        })),
        {
          Put: {
            TableName: caseTable,
            Item: counted,
            ...(known === undefined
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#version = :version',
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: { ':version': known.version },
                }),
          },
        },
        ...[...byDay(fresh)].flatMap(([day, items]) => {
          const additions = additionsOf(items);
          if (Object.keys(additions).length === 0) return [];
          return {
            Update: {
              TableName: metricsTable,
              Key: dailyKey.findings(day, counted.fingerprint),
              ...additionUpdate(additions, Math.floor(clock.now() / 1000) + DAILY_METRICS_KEPT_DAYS * 86_400),
            },
          };
        }),
      ],
    });
  }

  async function countSome(findings: readonly QuarantineItem[], caseId: string): Promise<Case | undefined> {
    let fresh = findings;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const known = await read(caseId);
      const [first, ...others] = fresh;
      if (first === undefined) return known;
      const counted = countInto(known, [first, ...others], clock.now());
      try {
        await client.send(transaction(known, counted, fresh), bounded());
        return counted;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const reasons = error.CancellationReasons ?? [];
        // A finding whose mark was refused is counted already, or gone.
        fresh = fresh.filter((_, index) => reasons[index]?.Code !== 'ConditionalCheckFailed');
        if (attempt > 0) await wait(10 * 2 ** Math.min(attempt, 6));
      }
    }
    throw new Error(
      `The case ${caseId} was written by others ${MAX_ATTEMPTS} times in a row at ${toIso(clock.now())}.`,
    );
  }

  return {
    async count(findings) {
      const [first] = findings;
      if (first === undefined) return undefined;
      const caseId = caseIdOf(first.fingerprint);
      let counted: Case | undefined;
      for (let at = 0; at < findings.length; at += FINDINGS_AT_ONCE)
        counted = await countSome(findings.slice(at, at + FINDINGS_AT_ONCE), caseId);
      return counted;
    },
  };
}
