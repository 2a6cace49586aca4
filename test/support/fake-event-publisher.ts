import {
  SECRET_QUARANTINED,
  type CaseChanged,
  type FindingExpired,
  type SecretQuarantined,
} from '../../functions/contracts/quarantine.ts';
import { err, ok } from '../../functions/kernel/result.ts';
import type { EventPublisher, QuarantineEvent } from '../../functions/quarantine/domain/publish.ts';

interface FakeEventPublisher extends EventPublisher {
  /** What the bus accepted, in order. */
  readonly events: QuarantineEvent[];
  /** Of it, the announced findings. */
  readonly accepted: SecretQuarantined[];
  readonly changes: CaseChanged[];
  readonly tombstones: FindingExpired[];
}

/** A bus in memory that refuses the events it is told to. */
export function createFakeEventPublisher(
  refusing: (detail: SecretQuarantined) => boolean = () => false,
): FakeEventPublisher {
  const events: QuarantineEvent[] = [];
  const detailsOf = (type: QuarantineEvent['type']) =>
    events.flatMap((event) => (event.type === type ? [event.detail] : []));
  return {
    events,
    get accepted() {
      return detailsOf(SECRET_QUARANTINED) as SecretQuarantined[];
    },
    get changes() {
      return detailsOf('CaseChanged') as CaseChanged[];
    },
    get tombstones() {
      return detailsOf('FindingExpired') as FindingExpired[];
    },
    publish: async (given) =>
      given.map((event) => {
        if (event.type === SECRET_QUARANTINED && refusing(event.detail)) return err('ThrottlingException');
        events.push(structuredClone(event));
        return ok(undefined);
      }),
  };
}
