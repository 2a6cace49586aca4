import { beforeEach, describe, expect, test } from 'vitest';
import { SECRET_QUARANTINED, secretQuarantined } from '../../functions/contracts/quarantine.ts';
import type { EventPublisher, QuarantineEvent } from '../../functions/quarantine/domain/publish.ts';
import { toSecretQuarantined } from '../../functions/quarantine/domain/publish-findings.ts';
import { anItem } from './finding-builder.ts';

export interface PublisherUnderTest {
  readonly publisher: EventPublisher;
  /** What a subscriber of the bus got, once it has `count`. */
  readonly received: (count: number) => Promise<unknown[]>;
}

/** What every way to announce events holds. */
export function eventPublisherContract(create: () => Promise<PublisherUnderTest>): void {
  describe('announces findings', () => {
    let under: PublisherUnderTest;
    const found = (count: number) =>
      Array.from({ length: count }, (_, position) => toSecretQuarantined(anItem({ position })));
    const events = (count: number): QuarantineEvent[] =>
      found(count).map((detail) => ({ type: SECRET_QUARANTINED, detail }));

    beforeEach(async () => {
      under = await create();
    });

    test.each([1, 10, 11, 25])('delivers each of %i findings once, unchanged', async (count) => {
      const answers = await under.publisher.publish(events(count));
      expect(answers).toEqual(Array.from({ length: count }, () => ({ ok: true, value: undefined })));
      const received = (await under.received(count)).map((detail) => secretQuarantined.parse(detail));
      expect(received.sort((a, b) => a.position - b.position)).toEqual(found(count));
    });

    test('delivers text of any script, and what controls terminals, unchanged', async () => {
      const detail = toSecretQuarantined(
        anItem({ agent: 'агент-\u{1F916}\u0000\u001b[31m\u007f', redactedContent: '"\\\n\u2028' }),
      );
      await under.publisher.publish([{ type: SECRET_QUARANTINED, detail }]);
      expect(await under.received(1)).toEqual([detail]);
    });

    test('answers nothing for nothing', async () => {
      expect(await under.publisher.publish([])).toEqual([]);
    });
  });
}
