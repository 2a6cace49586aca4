import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { sendAlerts, type SendAlertDependencies } from '../../../functions/alerts/send-alert.lambda.ts';
import { quarantineEventBody, queueEvent } from '../../support/alert-queue-event.ts';
import { createFakeAlertChannel } from '../../support/fake-alert-channel.ts';
import { createFakeOnce } from '../../support/fake-once.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { aLambdaContext } from '../../support/lambda-context.ts';

function setUp({ channel = createFakeAlertChannel(), once = createFakeOnce() } = {}) {
  const logger = { info: vi.fn(), error: vi.fn() };
  const metrics = { addMetric: vi.fn(), publishStoredMetrics: vi.fn() };
  const dependencies: SendAlertDependencies = {
    channel,
    once: () => once,
    clock: { now: () => Date.parse('2026-11-21T08:30:01.250Z') },
    logger,
    metrics,
  };
  const run = (bodies: readonly string[]) => sendAlerts(queueEvent(bodies), aLambdaContext(), dependencies);
  return { run, channel, logger, metrics };
}

const body = (position: number) => quarantineEventBody(aFinding({ position }));
const failures = (...indexes: number[]) => ({
  batchItemFailures: indexes.map((i) => ({ itemIdentifier: `message-${i}` })),
});

describe('send-alert', () => {
  test('sends an alert, logs one line that follows the entry, and measures from detection to acceptance', async () => {
    const { run, channel, logger, metrics } = setUp();
    expect(await run([body(41)])).toEqual(failures());
    expect(channel.received).toMatchObject([
      { finding_id: aFinding().findingId, log_reference: 'hyperlog:41' },
    ]);
    expect(logger.info).toHaveBeenCalledExactlyOnceWith('alert_sent', {
      correlation_id: aFinding().correlationId,
      finding_id: aFinding().findingId,
      secret_type: 'aws_access_key_id',
      severity: 'CRITICAL',
      hypercore_position: 41,
      bzzz_message_id: 'msg-41',
      redacted_content: aFinding().redactedContent,
      message_id: 'message-0',
    });
    expect(metrics.addMetric.mock.calls).toEqual([
      ['AlertLatency', 'Milliseconds', 1250],
      ['AlertsSent', 'Count', 1],
      ['AlertsFailed', 'Count', 0],
    ]);
  });

  test('sends each finding once, however often and in whatever order its messages come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(8), { maxLength: 10 }), { maxLength: 6 }),
        async (batches) => {
          const { run, channel } = setUp();
          const open: string[] = [];
          for (const batch of batches) {
            const bodies = batch.map(body);
            const { batchItemFailures } = await run(bodies);
            // What raced against its own duplicate stays in the queue and comes again.
            open.push(
              ...batchItemFailures.map(({ itemIdentifier }) => bodies[Number(itemIdentifier.slice(8))] ?? ''),
            );
          }
          expect(await run(open.slice(0, 1))).toEqual(failures());
          const positions = channel.received.map(({ log_reference }) => log_reference);
          expect(new Set(positions).size).toBe(positions.length);
          expect(new Set(positions)).toEqual(
            new Set(batches.flat().map((position) => `hyperlog:${position}`)),
          );
        },
      ),
    );
  });

  test('leaves only what failed in the queue, and sends it when it comes again', async () => {
    const channel = createFakeAlertChannel(
      (alert, attempt) => alert.log_reference === 'hyperlog:2' && attempt < 3,
    );
    const { run, logger, metrics } = setUp({ channel });
    expect(await run([body(1), body(2), body(3)])).toEqual(failures(1));
    expect(await run([body(2)])).toEqual(failures(0));
    expect(await run([body(2)])).toEqual(failures());
    expect(channel.received.map(({ log_reference }) => log_reference)).toEqual([
      'hyperlog:1',
      'hyperlog:3',
      'hyperlog:2',
    ]);
    expect(logger.error.mock.calls[0]).toMatchObject([
      'alert_not_sent',
      { finding_id: aFinding({ position: 2 }).findingId, error_name: 'ThrottledException' },
    ]);
    expect(metrics.addMetric).toHaveBeenCalledWith('AlertsFailed', 'Count', 1);
  });

  test('answers for a batch that failed whole instead of throwing', async () => {
    const { run } = setUp({ channel: createFakeAlertChannel(() => true) });
    expect(await run([body(1), body(2)])).toEqual(failures(0, 1));
  });

  test('leaves an alert that another run is sending to come again, and calls it no failure', async () => {
    const held = new Set([`fake#${aFinding().findingId}`]);
    const { run, channel, logger, metrics } = setUp({ once: createFakeOnce(held) });
    expect(await run([body(41)])).toEqual(failures(0));
    expect(channel.received).toEqual([]);
    expect(logger.info).toHaveBeenCalledExactlyOnceWith('alert_in_progress', expect.anything());
    expect(logger.error).not.toHaveBeenCalled();
    expect(metrics.addMetric).toHaveBeenCalledWith('AlertsFailed', 'Count', 0);
  });

  test('fails poison alone and says why without quoting it', async () => {
    const planted = ['planted', 'secret'].join('-');
    const poison = [
      planted,
      '',
      '"text"',
      quarantineEventBody(aFinding(), { severity: planted }),
      body(1).replace('shhh.quarantine', planted),
    ];
    const { run, channel, logger } = setUp();
    expect(await run([...poison, body(7)])).toEqual(failures(0, 1, 2, 3, 4));
    expect(channel.received).toHaveLength(1);
    const lines = JSON.stringify([logger.error.mock.calls, logger.info.mock.calls]);
    expect(lines).not.toContain(planted);
    expect(lines).toContain('Not an event of the quarantine: detail.severity: invalid_value');
    expect(lines).toContain('the message is no JSON');
  });

  test('sends an alert for an event that a newer publisher says more in', async () => {
    const { run, channel } = setUp();
    expect(await run([quarantineEventBody(aFinding(), { caseId: 'case-1' })])).toEqual(failures());
    expect(channel.received[0]).not.toHaveProperty('caseId');
  });
});
