import { describe, expect, it } from 'vitest';
import { quarantineItem } from '../../../functions/contracts/quarantine.ts';
import { scanBatch, type ScanBatchDependencies } from '../../../functions/detection/scan-batch.lambda.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { batchOf, CORE, messageOf, NOW, sqsEvent } from '../support/batches.ts';
import { fakeFingerprinter, fakeQuarantine, fakeRejects, fakeScanRecord } from '../support/fakes.ts';
import { projectScanner } from '../support/scanner.ts';

const scanner = projectScanner();
const token = (seed: number): string => createLeak('gitlab-pat', createRandom(seed)).text;
const message = (text: string, seq = 0): string => messageOf(batchOf([text, 'nothing here'], seq));

function stage(overrides: Partial<ScanBatchDependencies> = {}) {
  const fingerprinter = fakeFingerprinter();
  const quarantine = fakeQuarantine();
  const rejects = fakeRejects();
  const record = fakeScanRecord();
  const lines: { event: string; [key: string]: unknown }[] = [];
  const counted: { name: string; value: number; dimensions?: unknown }[] = [];
  const write = (event: unknown, extra?: unknown): void =>
    void lines.push({ event: String(event), ...(typeof extra === 'object' ? extra : {}) });
  const single = () => {
    let dimensions: unknown;
    return {
      addDimensions: (given: unknown) => void (dimensions = given),
      addMetric: (name: string, _unit: string, value: number) =>
        void counted.push({ name, value, dimensions }),
    };
  };
  const dependencies = {
    scanner,
    fingerprinter,
    quarantine,
    evidence: { seal: () => Promise.resolve() },
    rejects,
    record,
    clock: { now: () => NOW },
    retentionDays: { LOW: 7, MEDIUM: 14, HIGH: 30, CRITICAL: 30 },
    logger: { info: write, warn: write, error: write },
    metrics: {
      addMetric: (name: string, _unit: string, value: number) => void counted.push({ name, value }),
      singleMetric: single,
      publishStoredMetrics: () => undefined,
    },
    ...overrides,
  } as unknown as ScanBatchDependencies;
  return { dependencies, fingerprinter, quarantine, rejects, record, lines, counted };
}

describe('scanBatch', () => {
  it('quarantines each finding as a whole item and tells of it in one line', async () => {
    const { dependencies, quarantine, lines, counted } = stage();
    expect(await scanBatch(sqsEvent(message(`T=${token(1)}`)), dependencies)).toEqual({
      batchItemFailures: [],
    });
    const [item] = quarantine.items.values();
    expect(quarantineItem.parse(item)).toMatchObject({
      status: 'pending',
      reviewed: false,
      secretType: 'gitlab-pat',
      expiresAt: NOW / 1000 + 30 * 86_400,
    });
    expect(lines.find(({ event }) => event === 'secret_detected')).toMatchObject({
      secret_type: 'gitlab-pat',
      severity: 'CRITICAL',
      hypercore_position: 0,
      correlation_id: `${'ab'.repeat(8)}.0.0`,
      latency_ms: 200,
    });
    expect(lines.at(-1)).toMatchObject({ event: 'batch_scanned', messages: 1, entries: 2, findings: 1 });
    expect(counted).toContainEqual({
      name: 'SecretsDetected',
      value: 1,
      dimensions: { SecretType: 'gitlab-pat', Severity: 'CRITICAL' },
    });
    expect(counted).toContainEqual({ name: 'MessagesScanned', value: 2 });
  });

  it('stores and tells of a repeated message once', async () => {
    const { dependencies, quarantine, lines } = stage();
    const body = message(`T=${token(2)}`);
    await scanBatch(sqsEvent(body, body), dependencies);
    await scanBatch(sqsEvent(body), dependencies);
    expect(quarantine.items.size).toBe(1);
    expect(lines.filter(({ event }) => event === 'secret_detected')).toHaveLength(1);
  });

  it('asks for one fingerprint of each distinct secret', async () => {
    const { dependencies, fingerprinter } = stage();
    const both = `A=${token(3)} B=${token(4)} C=${token(3)}`;
    await scanBatch(sqsEvent(message(both), message(both, 2)), dependencies);
    expect(fingerprinter.calls).toEqual([2]);
  });

  it('fails only the message whose finding could not be stored', async () => {
    const { dependencies, quarantine, lines } = stage();
    const refusing: ScanBatchDependencies = {
      ...dependencies,
      quarantine: {
        put: async (item) => {
          if (item.position === 0) throw new Error('throttled');
          return quarantine.put(item);
        },
      },
    };
    const event = sqsEvent(message(token(5)), message(token(6), 2), message('quiet', 4));
    expect(await scanBatch(event, refusing)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    expect(quarantine.items.size).toBe(1);
    expect(lines).toContainEqual({
      event: 'message_failed',
      message_id: 'm0',
      step: 'quarantine',
      error_name: 'Error',
      error_message: 'throttled',
    });
  });

  it('tries messages with findings again when there are no fingerprints, and lets the others go', async () => {
    const { dependencies } = stage({
      fingerprinter: {
        fingerprint: async () => {
          throw new Error('KMS is away');
        },
      },
    });
    const event = sqsEvent(message(token(7)), message('quiet', 2));
    expect(await scanBatch(event, dependencies)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
  });

  it('holds up no message for another one that breaks the scan', async () => {
    const { dependencies, quarantine } = stage({
      scanner: {
        pack: 'breaking',
        scan: (entries) => {
          if (entries.some((entry) => entry.toString().includes('poison'))) throw new Error('out of memory');
          return scanner.scan(entries);
        },
      },
    });
    const event = sqsEvent(message('poison'), message(token(8), 2));
    expect(await scanBatch(event, dependencies)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    expect(quarantine.items.size).toBe(1);
  });

  it.each([
    ['no JSON', `{"entries": ${token(9)}`],
    ['another contract', JSON.stringify({ version: 3, secret: token(9) })],
    ['nothing', ''],
  ])('puts a message that holds %s aside with a reason that quotes nothing', async (_name, body) => {
    const { dependencies, rejects, lines } = stage();
    expect(await scanBatch(sqsEvent(body, message(token(10))), dependencies)).toEqual({
      batchItemFailures: [],
    });
    expect(rejects.messages.map((each) => each.body)).toEqual([body]);
    expect(rejects.messages[0]?.reason).not.toContain(token(9).slice(6));
    expect(JSON.stringify(lines)).not.toContain(token(9).slice(6));
  });

  it('records every entry of what it is done with, and of a repeated message no more', async () => {
    const { dependencies, record } = stage();
    const body = message('quiet', 4);
    await scanBatch(sqsEvent(body, body, 'no JSON'), dependencies);
    await scanBatch(sqsEvent(body), dependencies);
    expect(record.entries.size).toBe(2);
  });

  it('tries messages again that could not be recorded, so that no figure of the day is short', async () => {
    const { dependencies, lines } = stage({
      record: {
        scanned: async () => {
          throw new Error('throttled');
        },
      },
    });
    expect(await scanBatch(sqsEvent(message('quiet'), 'no JSON'), dependencies)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }],
    });
    expect(lines).toContainEqual(expect.objectContaining({ event: 'message_failed', step: 'record' }));
  });

  it('finds in a message of several logs what each of them leaks', async () => {
    const { dependencies, quarantine } = stage();
    const other = { ...batchOf([token(13)]), core: 'cd'.repeat(32) };
    await scanBatch(sqsEvent(messageOf(batchOf([token(12)]), other)), dependencies);
    expect([...quarantine.items.values()].map(({ core }) => core)).toEqual([CORE, 'cd'.repeat(32)]);
  });

  it('lets nothing of a secret into a log line, a metric or an item', async () => {
    const { dependencies, quarantine, lines, counted } = stage();
    const secret = token(11);
    await scanBatch(sqsEvent(message(`a ${secret} b ${secret}`)), dependencies);
    const everything = JSON.stringify([lines, counted, [...quarantine.items.values()]]);
    for (let at = 4; at + 8 <= secret.length - 4; at += 1)
      expect(everything).not.toContain(secret.slice(at, at + 8));
  });

  it('throws on an event that is none of SQS’s', async () => {
    await expect(scanBatch({}, stage().dependencies)).rejects.toThrow('no event of SQS');
  });
});
