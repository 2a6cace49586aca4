import type { SecretQuarantined } from '../../functions/contracts/quarantine.ts';
import { err, ok } from '../../functions/kernel/result.ts';
import type { FindingPublisher } from '../../functions/quarantine/domain/publish-findings.ts';

interface FakeFindingPublisher extends FindingPublisher {
  /** What the bus accepted, in order. */
  readonly accepted: SecretQuarantined[];
}

/** A bus in memory that refuses the findings it is told to. */
export function createFakeFindingPublisher(refusing: (event: SecretQuarantined) => boolean = () => false) {
  const accepted: SecretQuarantined[] = [];
  const publisher: FakeFindingPublisher = {
    accepted,
    publish: async (events) =>
      events.map((event) => {
        if (refusing(event)) return err('ThrottlingException');
        accepted.push(structuredClone(event));
        return ok(undefined);
      }),
  };
  return publisher;
}
