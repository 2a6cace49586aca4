/** A typed `log…` for each kind of event: what a program writes to hand an act in. */
import { AUDIT_ACTS, type AuditActs } from '../../contracts/audit-acts.ts';
import type { AuditEventType, HandedAct } from '../../contracts/audit.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { describeProblems } from '../../platform/problems.ts';

/** Who did what to what. */
export interface Act<Type extends AuditEventType> {
  readonly actor: string;
  readonly subject: string;
  readonly data: AuditActs[Type];
  /** What the act is known by; by default a new one. Give your own where your program may repeat itself. */
  readonly id?: string;
  /** RFC 3339, UTC; by default now. */
  readonly time?: string;
  readonly correlation_id?: string;
  /** Large or personal text, by name: it lies beside the log and expires there. */
  readonly beside?: Readonly<Record<string, string>>;
}

type SystemEvent = Omit<Act<'system.event'>, 'data'> & {
  readonly data?: Omit<AuditActs['system.event'], 'what'>;
};

export interface AuditLogOptions<Answer> {
  /** @returns when the act is kept for good */
  readonly handIn: (act: HandedAct) => Promise<Answer>;
  readonly clock: Clock;
  /** @returns an id that no other act has */
  readonly newId: () => string;
}

/**
 * @returns one method for each kind; each resolves with the answer of `handIn`
 * @throws TypeError, from each method, where `data` is not of its kind; no value is quoted
 */
export function createAuditLog<Answer>({ handIn, clock, newId }: AuditLogOptions<Answer>) {
  const as =
    <Type extends AuditEventType>(type: Type) =>
    async (act: Act<Type>): Promise<Answer> => {
      const data = AUDIT_ACTS[type].safeParse(act.data);
      if (!data.success) throw new TypeError(`data of ${type}: ${describeProblems(data.error)}`);
      return handIn({
        id: act.id ?? newId(),
        time: act.time ?? toIso(clock.now()),
        type,
        actor: act.actor,
        subject: act.subject,
        correlation_id: act.correlation_id ?? '',
        data: data.data,
        ...(act.beside && { beside: { ...act.beside } }),
      });
    };
  const systemEvent = as('system.event');
  const system =
    (what: AuditActs['system.event']['what']) =>
    (act: SystemEvent): Promise<Answer> =>
      systemEvent({ ...act, data: { ...act.data, what } });
  return {
    /** With its timing and the resources that it took. */
    logCodeExecution: as('code.execution'),
    logSecurityAssessment: as('security.assessment'),
    logContainerCreation: as('container.creation'),
    logResourceViolation: as('resource.violation'),
    /** Whatever concerns security and is none of the others. */
    logSecurityEvent: as('security.event'),
    logSystemStart: system('start'),
    logSystemStop: system('stop'),
    logConfigurationChange: system('configuration_change'),
    logFinding: as('finding'),
    logReview: as('review'),
    logAlert: as('alert'),
    logApproval: as('approval'),
    logRevocation: as('revocation'),
    logRotation: as('rotation'),
    logPatternChange: as('pattern.change'),
    logReport: as('report'),
    logBackup: as('backup'),
    logAdministrativeAccess: as('administrative.access'),
  };
}
