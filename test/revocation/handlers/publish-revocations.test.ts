import { describe, expect, test } from 'vitest';
import { REVOCATIONS_NEED_PEOPLE, REVOCATIONS_URGENT } from '../../../functions/contracts/metrics.ts';
import { revocationChanged, type RevocationChanged } from '../../../functions/contracts/revocation.ts';
import { err, ok, type Result } from '../../../functions/kernel/result.ts';
import type { RevocationRecord } from '../../../functions/revocation/domain/revocation.ts';
import { handleChanges } from '../../../functions/revocation/publish-revocations.lambda.ts';
import { publishedChanges } from '../../support/published-changes.ts';
import { aRevocation } from '../../support/revocation-builder.ts';
import { streamRecord } from '../../support/stream-record.ts';

function change(
  number: number,
  before: Partial<RevocationRecord> | undefined,
  after: Partial<RevocationRecord>,
) {
  const record = aRevocation(number, { revision: 2, ...after });
  return streamRecord(`s${number}`, record.caseId, before && aRevocation(number, before), record);
}

const publish = (records: readonly unknown[], answer?: (event: RevocationChanged) => Result<void, string>) =>
  publishedChanges(handleChanges, records, answer);

describe('the changes of revocations', () => {
  test('are told by the contract, with what came before and without what only the workflow needs', async () => {
    const waits = {
      status: 'awaiting_approval',
      reason: 'over_the_limit',
      approvalToken: 'the-token',
    } as const;
    const { told, response, metrics } = await publish([change(1, { status: 'live' }, waits)]);
    expect(told.map((each) => revocationChanged.parse(each))).toMatchObject([
      { previousStatus: 'live', status: 'awaiting_approval', urgent: false },
    ]);
    expect(JSON.stringify(told)).not.toContain('the-token');
    expect(response).toEqual({ batchItemFailures: [] });
    expect(metrics.get(REVOCATIONS_NEED_PEOPLE)).toBe(1);
    expect(metrics.get(REVOCATIONS_URGENT)).toBe(0);
  });

  test("are silent where nothing moved: attempts, claims and calls are nobody's news", async () => {
    const { told } = await publish([
      change(1, { status: 'live' }, { status: 'live', attempts: 3, claim: { step: 'kill', until: 5 } }),
    ]);
    expect(told).toEqual([]);
  });

  test('are urgent where a protected credential leaked, or one that should be dead is not', async () => {
    const { metrics, lines } = await publish([
      change(1, { status: 'pending' }, { status: 'manual', reason: 'protected' }),
      change(2, { status: 'revoked' }, { status: 'failed', reason: 'still_alive' }),
      change(3, { status: 'revoked' }, { status: 'proven_dead' }),
    ]);
    expect(metrics.get(REVOCATIONS_URGENT)).toBe(2);
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'info']);
  });

  test('are tried again from the first that the bus did not take', async () => {
    const { response, lines } = await publish(
      [change(1, undefined, {}), change(2, undefined, {}), change(3, undefined, {})],
      ({ caseId }) => (caseId.endsWith('2') ? err('throttled') : ok(undefined)),
    );
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 's2' }] });
    expect(lines.at(-1)).toMatchObject({ message: 'revocation_not_published', reason: 'throttled' });
  });

  test('are told also behind one that cannot be read, whose content stands in no line', async () => {
    const hidden = ['hidden', 'words'].join('-');
    const unreadable = change(1, undefined, {});
    Object.assign(unreadable.dynamodb.NewImage, { status: { S: hidden } });
    const { told, response, lines } = await publish([unreadable, change(2, undefined, {})]);
    expect(told).toHaveLength(1);
    expect(response.batchItemFailures).toEqual([{ itemIdentifier: 's1' }]);
    expect(JSON.stringify(lines)).not.toContain(hidden);
  });

  test('are none in the item of the limit, and none where an item went by its age', async () => {
    const limit = {
      eventName: 'MODIFY',
      dynamodb: {
        ApproximateCreationDateTime: 1_763_700_000,
        SequenceNumber: 's1',
        Keys: { pk: { S: 'limit' } },
        NewImage: { pk: { S: 'limit' } },
      },
    };
    expect((await publish([limit, { ...change(2, undefined, {}), eventName: 'REMOVE' }])).told).toEqual([]);
  });
});
