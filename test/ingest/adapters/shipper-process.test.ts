import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { ingestKey } from '../../../functions/contracts/ingest-state.ts';
import { startWriter, type Writer } from '../../support/fleet/writer.ts';
import { IngestCloud } from '../../support/ingest/cloud.ts';
import { batchesIn } from '../../support/ingest/read-message.ts';
import { startShipper, type ShipperProcess } from '../../support/ingest/shipper-process-starter.ts';

const endpoint = inject('endpoint');
const cloud = new IngestCloud(endpoint);

afterAll(() => cloud.destroy());

/** A registered log, and what of it has come out of the queue. */
class Scene {
  readonly writer: Writer;
  readonly #table: string;
  readonly #queueUrl: string;
  readonly #shippers: ShipperProcess[] = [];
  readonly #seen = new Map<number, string>();

  private constructor(writer: Writer, table: string, queueUrl: string) {
    this.writer = writer;
    this.#table = table;
    this.#queueUrl = queueUrl;
  }

  static async open(): Promise<Scene> {
    const directory = mkdtempSync(join(tmpdir(), 'shhh-writer-'));
    const writer = await startWriter({ directory, seed: 11 });
    const scene = new Scene(writer, await cloud.createTable(), await cloud.createQueue());
    onTestFinished(async () => {
      for (const shipper of scene.#shippers) await shipper.kill();
      await writer.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    const { core, host, port } = writer;
    await cloud.dynamo.send(
      new PutCommand({ TableName: scene.#table, Item: { ...ingestKey.peer(core), core, host, port } }),
    );
    return scene;
  }

  startShipper(runSeconds: number): ShipperProcess {
    const shipper = startShipper({ endpoint, table: this.#table, queueUrl: this.#queueUrl, runSeconds });
    this.#shippers.push(shipper);
    return shipper;
  }

  /** Takes from the queue until `done` says so; throws after 30 s. */
  async until(done: () => boolean): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (!done()) {
      if (performance.now() > deadline)
        throw new Error(`Only ${String(this.#seen.size)} entries came out of the queue.`);
      for (const body of await cloud.takeSome(this.#queueUrl)) {
        for (const entry of batchesIn(body).flatMap(({ entries }) => entries)) {
          this.#seen.set(entry.seq, Buffer.from(entry.body, entry.encoding).toString());
        }
      }
    }
  }

  /** How many of the entries `[0, length)` have come. */
  arrived(length: number): number {
    return Array.from({ length }, (_, seq) => seq).filter((seq) => this.#seen.has(seq)).length;
  }

  /** Planted secrets of the log as it is now that have not come. */
  missing(): number {
    return this.writer.planted.filter(
      ({ seq, secret }) => this.#seen.get(seq)?.includes(JSON.stringify(secret).slice(1, -1)) !== true,
    ).length;
  }
}

describe('a shipper in a process of its own', () => {
  test('that is killed in the middle of its work is followed by one that loses nothing', async () => {
    const scene = await Scene.open();
    await scene.writer.append({ entries: 4_000, leaks: 40 });
    const first = scene.startShipper(60);
    await scene.until(() => scene.arrived(4_000) > 500);
    await first.kill();
    const appending = scene.writer.append({ entries: 2_000, leaks: 20, perSecond: 500 });
    const second = scene.startShipper(60);
    await appending;
    await scene.until(() => scene.arrived(6_000) === 6_000);
    expect(scene.missing()).toBe(0);
    const acquired = second.lines.find(({ event }) => event === 'lease_acquired');
    // The lease of the dead has to expire first.
    expect(acquired).toMatchObject({ token: 2 });
    for (const line of [...first.lines, ...second.lines]) {
      for (const { secret } of scene.writer.planted) expect(JSON.stringify(line)).not.toContain(secret);
    }
  });

  test('shares the lease with another: they take turns and nothing is lost between', async () => {
    const scene = await Scene.open();
    // Unequal runs: whoever gets the lease first, the other waits for it when it ends.
    const shippers = [scene.startShipper(5), scene.startShipper(8)];
    await scene.writer.append({ entries: 6_000, leaks: 60, perSecond: 400 });
    await scene.until(() => scene.arrived(6_000) === 6_000);
    expect(scene.missing()).toBe(0);
    const shipped = shippers.map(({ lines }) => lines.filter(({ event }) => event === 'entries_shipped'));
    for (const windows of shipped) expect(windows.length).toBeGreaterThan(0);
    // Had both shipped at once, windows would overlap.
    const ranges = shipped
      .flat()
      .map((line) => {
        const [, from, to] = /\.(\d+)-(\d+)$/.exec(String(line['ranges'])) ?? [];
        return { from: Number(from), to: Number(to) };
      })
      .sort((a, b) => a.from - b.from);
    for (const [index, { from }] of ranges.entries()) expect(from).toBe(ranges[index - 1]?.to ?? 0);
  });

  test('ships on when its log is cut back while the backlog is on its way', async () => {
    const scene = await Scene.open();
    await scene.writer.append({ entries: 8_000 });
    const shipper = scene.startShipper(60);
    await scene.until(() => scene.arrived(8_000) > 200);
    await scene.writer.truncate(1_000);
    await scene.writer.append({ entries: 3_000, leaks: 30 });
    await scene.until(() => scene.arrived(4_000) === 4_000 && scene.missing() === 0);
    expect(shipper.lines.some(({ event }) => event === 'log_truncated' || event === 'log_resumed')).toBe(
      true,
    );
  });
});
