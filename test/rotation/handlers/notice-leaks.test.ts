import { describe, expect, test } from 'vitest';
import { SECRET_QUARANTINED } from '../../../functions/contracts/quarantine.ts';
import { SECRET_COMPROMISED } from '../../../functions/contracts/rotation.ts';
import { answerRevocation, noticeLeaks } from '../../../functions/rotation/notice-leaks.lambda.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { FINGERPRINTS, rotationHandlers } from '../../support/rotation-handlers.ts';

const message = (messageId: string, type: string, detail: unknown) => ({
  messageId,
  body: JSON.stringify({ 'detail-type': type, detail }),
});
const finding = (messageId: string, fingerprint: string) =>
  message(messageId, SECRET_QUARANTINED, { ...aFinding({ fingerprint }), version: 1 });
const threat = { version: 1, eventId: 'e-1', secret: 'orders-db', by: 'feed', why: 'sold' };

describe('a batch of indicators', () => {
  test('starts an emergency for what is managed, and passes over what is not', async () => {
    const { needed, logger, record } = rotationHandlers();
    const Records = [finding('m1', 'b'.repeat(64)), finding('m2', FINGERPRINTS.secret)];
    expect(await noticeLeaks({ Records }, needed)).toEqual({ batchItemFailures: [] });
    expect(record()).toMatchObject({ run: 1, trigger: { kind: 'leak', emergency: true } });
    expect(logger.lines).toEqual([
      {
        ...{ level: 'info', message: 'managed_secret_compromised', indicator: SECRET_QUARANTINED },
        ...{ secret: 'orders-db', outcome: 'started' },
      },
    ]);
  });

  test('names what must come again, goes on with the rest, and quotes nothing', async () => {
    const { needed, logger, record } = rotationHandlers();
    const hidden = ['hidden', 'words'].join('-');
    const Records = [
      { messageId: 'm1', body: hidden },
      message('m2', SECRET_QUARANTINED, { hidden }),
      message('m3', SECRET_COMPROMISED, threat),
    ];
    expect(await noticeLeaks({ Records }, needed)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    });
    expect(record()).toMatchObject({ trigger: { kind: 'threat', by: 'feed' } });
    expect(logger.lines.filter(({ message: line }) => line === 'leak_not_compared')).toHaveLength(2);
    expect(JSON.stringify(logger.lines)).not.toContain(hidden);
  });

  test('comes again where a managed secret cannot be read', async () => {
    const { needed, world } = rotationHandlers();
    world.vault.versions = () => Promise.reject(new Error('denied'));
    expect(await noticeLeaks({ Records: [finding('m1', 'b'.repeat(64))] }, needed)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
  });
});

describe('a question of revocation', () => {
  const asks = { do: 'replace', fingerprint: FINGERPRINTS.name, findingId: 'fnd_1', correlationId: 'c.0.1' };

  test('is answered, with a line where it is of a managed secret', async () => {
    const { needed, logger, record } = rotationHandlers();
    expect(await answerRevocation({ ...asks, fingerprint: 'b'.repeat(64) }, needed)).toEqual({
      answer: 'not_managed',
    });
    expect(logger.lines).toEqual([]);
    const answer = await answerRevocation(asks, needed);
    const { rotationId } = record() ?? {};
    expect(answer).toEqual({ answer: 'wait', secret: 'orders-db', rotationId, seconds: 60 });
    expect(logger.lines).toEqual([
      {
        ...{ level: 'info', message: 'managed_secret_revoked', secret: 'orders-db', answer: 'wait' },
        ...{ rotation_id: rotationId, finding_id: 'fnd_1' },
      },
    ]);
    expect(await answerRevocation({ do: 'watch', secret: 'orders-db', rotationId }, needed)).toEqual(answer);
  });

  test('that is none is refused without a word of what was sent', async () => {
    const { needed } = rotationHandlers();
    const hidden = ['hidden', 'words'].join('-');
    for (const event of [{ do: hidden }, { ...asks, fingerprint: hidden }, { ...asks, extra: hidden }]) {
      const refused = await answerRevocation(event, needed).then(() => '', String);
      expect(refused).toMatch(/Not a question of revocation: /);
      expect(refused).not.toContain(hidden);
    }
  });
});
