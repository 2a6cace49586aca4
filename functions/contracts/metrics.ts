/** Names of the metrics that functions write and alarms and dashboards read. */
export const METRICS_NAMESPACE = 'SHHH';

/** Components that the last health check found degraded or down; unit Count. */
export const UNHEALTHY_COMPONENTS = 'UnhealthyComponents';
/** Findings that wait for a review; unit Count. */
export const QUARANTINE_SIZE = 'QuarantineSize';
/** Entries that the detector has looked at, empty and binary ones included; unit Count. */
export const MESSAGES_SCANNED = 'MessagesScanned';
/** Entries that the queue has accepted from the shipper; unit Count. */
export const ENTRIES_SHIPPED = 'EntriesShipped';
/** Entries that were not shipped, since their type is excluded by configuration; unit Count. */
export const ENTRIES_EXCLUDED = 'EntriesExcluded';
/** Logs and peers that did what no sound one does, once in a run for each log and kind; unit Count. */
export const SUSPECT_LOGS = 'SuspectLogs';
/** From the oldest entry of a window being known to exist to the queue having accepted the window; unit Milliseconds. */
export const SHIP_LAG = 'ShipLag';
/** Alerts that rules have raised; unit Count. */
export const ALERTS_RAISED = 'AlertsRaised';
/** Events and timers whose evaluation failed and will be repeated, or are given up to the dead-letter queue; unit Count. */
export const ALERTS_FAILED = 'AlertsFailed';
/** From an event to its alert being counted in its group; unit Milliseconds. */
export const ALERT_LATENCY = 'AlertLatency';
/** Messages that the guard's endpoint has judged; unit Count. */
export const GUARD_CHECKS = 'GuardChecks';
/** Findings of stopped messages that are new in the quarantine; unit Count. */
export const GUARD_STOPPED = 'GuardStopped';
/** Messages that were stopped and could not be recorded; unit Count. */
export const GUARD_NOT_RECORDED = 'GuardNotRecorded';
/** Revocations of a protected credential, or of one that lives on although it should be dead; unit Count. */
export const REVOCATIONS_URGENT = 'RevocationsUrgent';
/** Revocations that wait for people or that only people can go on with; unit Count. */
export const REVOCATIONS_NEED_PEOPLE = 'RevocationsNeedPeople';
/** Messages about groups of alerts that a channel has accepted; unit Count. */
export const NOTES_DELIVERED = 'NotesDelivered';
/** Attempts to deliver such a message that failed; unit Count. */
export const NOTES_FAILED = 'NotesFailed';
/** From a message being decided to a channel having accepted it; unit Milliseconds. */
export const NOTE_LATENCY = 'NoteLatency';
/** Acts that the audit log has taken in from other programs; unit Count. */
export const AUDIT_ACTS_TAKEN = 'AuditActsTaken';
/** Checkpoints that a witness has cosigned; unit Count. */
export const WITNESS_COSIGNED = 'WitnessCosigned';
/** Checkpoints that a log has signed and that do not contain what the witness saw: two histories; unit Count. */
export const WITNESS_CONFLICTS = 'WitnessConflicts';
/** Objects beside the audit log that had expired and were deleted; unit Count. */
export const AUDIT_SWEPT = 'AuditSwept';
/** Entries that a threshold of the audit log's policy is about, by dimension Threshold; unit Count. */
export const AUDIT_THRESHOLD = 'AuditThreshold';
/** Checkpoints of the audit log that a witness did not cosign in time; unit Count. */
export const AUDIT_UNCOSIGNED = 'AuditUncosigned';
/** Entries that were published in the audit log; unit Count. */
export const AUDIT_ENTRIES = 'AuditEntries';
/** Acts that were handed in and can be no entry of the audit log; unit Count. */
export const AUDIT_REFUSED = 'AuditRefused';
/** How long the oldest act has waited for the audit log, at the end of a run of its sequencer; unit Seconds. */
export const AUDIT_OLDEST_WAITING = 'AuditOldestWaiting';
/** Runs of the sequencer that found the log or its head tampered with, and signed nothing; unit Count. */
export const AUDIT_HISTORY_CONFLICTS = 'AuditHistoryConflicts';
/** Deviations that the integrity check has found in the audit log; unit Count. */
export const AUDIT_PROBLEMS = 'AuditProblems';
/** Acts on the bus that could not be handed in and will be repeated, or are given up to the dead letters; unit Count. */
export const AUDIT_NOT_TAKEN = 'AuditNotTaken';
/** Rotations that ended otherwise than with a new secret in use and the old one dead; unit Count. */
export const ROTATIONS_FAILED = 'RotationsFailed';
/** Rotations that wait for a person; unit Count. */
export const ROTATIONS_NEED_PEOPLE = 'RotationsNeedPeople';
