/** From entries a second to what the deployment does in a month. Pure; every figure that is assumed stands here. */
import { MAX_MESSAGE_BYTES } from '../../functions/contracts/ingest.ts';
import { SHIP_SETTINGS } from '../../functions/ingest/domain/ship.ts';
import { FUNCTION_NAMES, type Inventory } from './inventory.ts';

export interface Load {
  /** Of the whole fleet, on average. */
  readonly entriesPerSecond: number;
  /** Hypercores that share them evenly. */
  readonly logs: number;
  /** From one dispatch to the next, at least, in milliseconds. */
  readonly spacingMs: number;
}

/** A month as AWS's own examples count it: 730 hours. */
export const MONTH_SECONDS = 730 * 3600;
const MONTH_MINUTES = MONTH_SECONDS / 60;

/** What no template says. Where a figure is uncertain it is taken on the dear side. */
export const ASSUMED = {
  /** An entry of 600 bytes of JSON within a message: quoted once more, with its position. */
  contentBytesPerEntry: 780,
  /** Around the entries of one log within a message. */
  contentBytesPerBatch: 190,
  /** What compression makes of a message, base64 included. */
  compression: 2.4,
  /** One entry in so many holds a leak. */
  entriesPerFinding: 100_000,
  /** Of the findings that are HIGH or CRITICAL and become an alert. */
  severeShare: 0.8,
  /** A finding as an item: the excerpt is at most 4 KiB, of an entry of 600 B it is shorter. */
  findingBytes: 2_000,
  /** Kinds of findings with a metric of their own, if all of them leak. */
  findingMetrics: 25,
  /** Other metrics that the functions write. */
  steadyMetrics: 18,
  /** Duration of an invocation of the detector: fixed, and for each entry. */
  detectorMs: 8,
  detectorMsPerEntry: 0.05,
  /** For each finding: the fingerprint by KMS and the conditional write. */
  detectorMsPerFinding: 30,
  publisherMs: 80,
  casePublisherMs: 30,
  reviewMs: 60,
  dayReportMs: 400,
  /** The case of a finding with its three indexes, and the counters of its day; a transaction costs twice. */
  caseUnits: 2 + 3 + 2,
  /** What an invocation of the detector records of its entries: one block of a log, read and written. */
  recordUnits: 1,
  /** Requests of reviewers for each finding: list, show, decide. */
  reviewsPerFinding: 0.3,
  /** What the counters of a day weigh, read twice a run for today and yesterday, in read units. */
  dayReadUnits: 64,
  /** One message in so many is asked about at the guard's endpoint; the others have a guard beside them, or none. */
  entriesPerGuardCheck: 100,
  /** The guard's endpoint: an invocation, with the counter of its key. */
  guardMs: 12,
  /** Looking a key up; the API remembers the answer for a minute. */
  guardKeyMs: 15,
  /** Keys that are in use at the same time, at most. */
  guardKeys: 20,
  /** What a request to the endpoint adds to its access log. */
  logBytesPerGuardCheck: 300,
  /** Findings of a secret that is new and that a provider here revokes: each is a run of the workflow. */
  revokedShare: 0.3,
  /** Steps of a run, looks at a credential that is to die included, and states that it passes. */
  stepsPerRun: 8,
  transitionsPerRun: 22,
  /** Writes of a run to its record, of 2 KB each, and of its evidence. */
  unitsPerRun: 14 * 2 + 4,
  beginMs: 60,
  stepMs: 400,
  revocationDeskMs: 80,
  revocationPublishMs: 60,
  deathRecordMs: 60,
  /** Of the runs, those that people are asked about: show, decide. */
  askedShare: 0.1,
  /** Secrets that are rotated, each so often a month, and who uses each. */
  managedSecrets: 20,
  rotationsPerMonth: 1,
  consumersPerSecret: 3,
  /** A consumer tells each version once, and again when it starts anew. */
  acknowledgementsPerMonth: 30,
  /** Steps of a rotation with its looks, waits and grace, and the states that it passes. */
  rotationSteps: 30,
  transitionsPerRotation: 90,
  rotationStepMs: 600,
  /** Writes of a rotation to its record, of 4 KB each, and of its history. */
  unitsPerRotation: 40 * 4,
  evaluateMs: 250,
  deliverMs: 400,
  /** Messages for an alert, each to so many channels: a finding mostly comes alone, and is told when it comes and when its case ends. */
  notesPerAlert: 2,
  channels: 5,
  /** In write and read units for each finding: windows, group, timer, message, deliveries. */
  evaluateWriteUnits: 16,
  evaluateReadUnits: 24,
  healthMs: 400,
  /** Lambda reads an idle queue by so many long polls of 20 s at a time; a set maximum concurrency keeps it at that. */
  pollers: 5,
  longPollSeconds: 20,
  /** What an invocation writes to its log: three lines of Lambda, one of the function, one of metrics, each with overhead. */
  logBytesPerInvocation: 1_300,
  /** What a finding adds to the logs of detector, publisher and alerts, its redacted excerpt each time. */
  logBytesPerFinding: 6_000,
  /** The shipper: a line for each dispatch that names each log's range, and each run some lines and metrics besides. */
  logBytesPerDispatch: 300,
  logBytesPerRange: 45,
  logBytesPerShipperRun: 8_000,
  /** CloudWatch stores logs compressed. */
  logCompression: 0.15,
  /** DynamoDB asks KMS once in five minutes for each principal and table that are busy. */
  tableKeySeconds: 300,
  principalsAndTables: 22,
  /** A checkpoint with the beginnings of the log that it remembers: between 1 and 2 KB, in write units. */
  checkpointUnits: 2,
  /** The health check: peers, statuses and lease, and at most ten pages of unreviewed findings, in read units. */
  healthReadUnits: 4,
  healthPageUnits: 128,
  healthPages: 10,
  /** A peer's item in bytes. */
  peerBytes: 250,
  /** Lambda traces the first request each second and one in twenty of the others. */
  tracedPerSecond: 1,
  tracedShare: 0.05,
  /** Acts of the audit log that follow from a finding: it, its review, what was told of it over each channel. */
  actsPerFinding: 8,
  /** Other acts in a month: alarms, deployments, reviews that nobody asked for. */
  steadyActs: 1_000,
  /** An entry of the audit log, and an act as an item, in bytes. */
  auditEntryBytes: 1_100,
  /** It waits for the search for secrets. */
  recordActMs: 100,
  searchMs: 40,
  /** Requests of other programs to the endpoint for acts, in a month. */
  actsRequests: 1_000,
  actsRequestMs: 120,
  actsKeyMs: 10,
  sweepMs: 1_000,
  /** Runs for reports in a month: each week's, a month's, a third of a quarter's; each entry is read in all three. */
  reportRuns: 52 / 12 + 1 + 1 / 3,
  reportPasses: 3,
  /** Forms and proofs of a run; reading and hashing an entry (npm run bench:reports). */
  reportMs: 20_000,
  reportMsPerEntry: 0.03,
  reportGets: 5_000,
  /** An act in the outbox: put, indexed, settled with its index, in write units; read by key and by index. */
  actWriteUnits: 2 + 1 + 2 + 1,
  actReadUnits: 2,
  /** A batch: the head is set twice; the look for what waits is paid for each few seconds, found or not, in read units. */
  batchWriteUnits: 2,
  batchLookReadUnits: 1.5,
  /** Objects of a batch that stay, and what is staged; read before: the edge, three times the checkpoint, the staged batch. */
  batchPuts: 6,
  batchGets: 11,
  /** What a batch rewrites of the partial bundle and tile before it, on average, in entries. */
  partialEntries: 128,
  /** Age of the log that the checks read, and that is stored. */
  auditYears: 1,
  integrityMsPerEntry: 0.06,
  integrityMs: 1_500,
  /** E-mail subscribers of the alert topic. */
  mailSubscribers: 1,
} as const;

const KIB = 1024;
/** SQS bills each started 64 KiB of a request. */
const SQS_CHUNK_BYTES = 64 * KIB;

/** Things a month, unless it says otherwise. */
export interface Activity {
  readonly dispatchesPerSecond: number;
  readonly messages: number;
  readonly findings: number;
  readonly alerts: number;
  readonly invocations: {
    readonly shipper: number;
    readonly detector: number;
    readonly publisher: number;
    readonly casePublisher: number;
    readonly review: number;
    readonly deathRecorder: number;
    readonly dayReport: number;
    readonly evaluate: number;
    readonly deliver: number;
    readonly health: number;
    readonly guard: number;
    readonly guardKeys: number;
    readonly sequencer: number;
    readonly actRecorder: number;
    readonly integrityCheck: number;
    readonly secretSearch: number;
    readonly actsEndpoint: number;
    readonly actsKeys: number;
    readonly sweeper: number;
    readonly reporter: number;
    readonly revocationBegin: number;
    readonly revocationAdvance: number;
    readonly revocationDesk: number;
    readonly revocationPublish: number;
    readonly revocationServe: number;
    readonly rotationAdvance: number;
    readonly rotationAsk: number;
    readonly rotationNotice: number;
    readonly rotationPlain: number;
    readonly rotationPublish: number;
    readonly rotationSchedule: number;
  };
  /** Entries of the audit log, and batches that they come in. */
  readonly auditEntries: number;
  readonly auditBatches: number;
  readonly s3Writes: number;
  readonly s3Reads: number;
  /** What lies in the audit log after {@link ASSUMED.auditYears}. */
  readonly auditGb: number;
  readonly signatures: number;
  readonly seconds: Activity['invocations'];
  readonly sqsRequests: number;
  readonly stateTransitions: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly storedGb: number;
  readonly kmsRequests: number;
  readonly metrics: number;
  readonly logGb: number;
  readonly traces: number;
}

/** Dispatches a second: the first entry that comes leaves at once, and what comes within the spacing leaves with the next. */
export function dispatchesPerSecond({ entriesPerSecond, spacingMs }: Load): number {
  return entriesPerSecond / (1 + entriesPerSecond * (spacingMs / 1000));
}

/**
 * What happens in a month under a load.
 * @throws RangeError for a load without entries or logs
 */
export function activityOf(load: Load, inventory: Inventory): Activity {
  if (!(load.entriesPerSecond > 0) || !(load.logs >= 1) || !(load.spacingMs >= 0)) {
    throw new RangeError(
      'A load has entries a second above 0, at least one log, and a spacing of 0 ms or more.',
    );
  }
  const a = ASSUMED;
  const dispatches = dispatchesPerSecond(load);
  const entriesPerDispatch = load.entriesPerSecond / dispatches;
  // Each log that wrote since the last dispatch has a batch of its own in it.
  const rangesPerDispatch = Math.min(load.logs, entriesPerDispatch);
  const contentBytes =
    entriesPerDispatch * a.contentBytesPerEntry + rangesPerDispatch * a.contentBytesPerBatch;
  const messagesPerDispatch = Math.ceil(contentBytes / MAX_MESSAGE_BYTES);
  const messagesPerSecond = dispatches * messagesPerDispatch;
  // Small messages are compressed less, which does not matter: they are billed as 64 KiB.
  const dispatchBytes = contentBytes / a.compression;

  // A message is scanned as it comes, alone, unless more of them come than there may be functions.
  const single = (a.detectorMs + (load.entriesPerSecond / messagesPerSecond) * a.detectorMsPerEntry) / 1000;
  const perInvocation = Math.min(
    10,
    Math.max(1, (messagesPerSecond * single) / inventory.detectorConcurrency),
  );
  const scansPerSecond = messagesPerSecond / perInvocation;

  const entries = load.entriesPerSecond * MONTH_SECONDS;
  const findings = entries / a.entriesPerFinding;
  const alerts = findings * a.severeShare;
  const scans = scansPerSecond * MONTH_SECONDS;
  const guardChecks = entries / a.entriesPerGuardCheck;
  const acts = findings * a.actsPerFinding + a.steadyActs;
  // Acts of one finding come in two batches; a batch takes all that came within its interval.
  const batchSlots = (MONTH_SECONDS * 1000) / inventory.auditBatchMs;
  const auditBatches = batchSlots * (1 - Math.exp(-Math.min(acts, findings * 2 + a.steadyActs) / batchSlots));
  const runs = findings * a.revokedShare;
  const rotations = a.managedSecrets * a.rotationsPerMonth;
  // A finding mostly comes alone: it is published and alerted in an invocation of its own.
  const invocations = {
    shipper: MONTH_MINUTES,
    detector: scans,
    publisher: findings,
    // Each finding that is counted changes its case; the publisher of cases looks and mostly has nothing to say.
    casePublisher: findings,
    review: findings * a.reviewsPerFinding,
    // The dear side: each run ends in a proven death.
    deathRecorder: runs,
    dayReport: MONTH_MINUTES / 15,
    // The finding, a timer, and what becomes of its case.
    evaluate: findings * 3,
    deliver: alerts * a.notesPerAlert * a.channels,
    health: MONTH_MINUTES,
    guard: guardChecks,
    guardKeys: Math.min(guardChecks, a.guardKeys * MONTH_MINUTES),
    sequencer: MONTH_MINUTES,
    actRecorder: acts,
    integrityCheck: MONTH_MINUTES / 60 + (MONTH_SECONDS * 4) / 86_400,
    secretSearch: acts + a.actsRequests,
    actsEndpoint: a.actsRequests,
    actsKeys: a.actsRequests,
    sweeper: MONTH_SECONDS / 86_400,
    reporter: a.reportRuns,
    revocationBegin: findings,
    revocationAdvance: runs * a.stepsPerRun,
    revocationDesk: runs * a.askedShare * 2,
    // Who presses a button looks by the command line as well.
    revocationServe: runs * a.askedShare,
    // Every write of a record comes by; most are nobody's news.
    revocationPublish: runs * a.stepsPerRun * 2,
    rotationAdvance: rotations * a.rotationSteps,
    rotationAsk: a.managedSecrets * a.consumersPerSecret * a.acknowledgementsPerMonth,
    // Every finding is compared with what is managed.
    rotationNotice: findings,
    rotationPlain: 0,
    rotationPublish: rotations * a.rotationSteps * 2,
    rotationSchedule: MONTH_MINUTES / 60,
  };
  const auditLog = acts * 12 * a.auditYears;
  const seconds = {
    shipper: invocations.shipper * inventory.shipperRunSeconds,
    detector:
      (scans * a.detectorMs + entries * a.detectorMsPerEntry + findings * a.detectorMsPerFinding) / 1000,
    publisher: (findings * a.publisherMs) / 1000,
    casePublisher: (findings * a.casePublisherMs) / 1000,
    review: (invocations.review * a.reviewMs) / 1000,
    deathRecorder: (runs * a.deathRecordMs) / 1000,
    dayReport: (invocations.dayReport * a.dayReportMs) / 1000,
    evaluate: (invocations.evaluate * a.evaluateMs) / 1000,
    deliver: (invocations.deliver * a.deliverMs) / 1000,
    health: (invocations.health * a.healthMs) / 1000,
    guard: (guardChecks * a.guardMs) / 1000,
    guardKeys: (invocations.guardKeys * a.guardKeyMs) / 1000,
    // It waits for the next batch until its minute is over.
    sequencer: invocations.sequencer * 58,
    actRecorder: (acts * a.recordActMs) / 1000,
    integrityCheck: (invocations.integrityCheck * (a.integrityMs + auditLog * a.integrityMsPerEntry)) / 1000,
    secretSearch: (invocations.secretSearch * a.searchMs) / 1000,
    actsEndpoint: (invocations.actsEndpoint * a.actsRequestMs) / 1000,
    actsKeys: (invocations.actsKeys * a.actsKeyMs) / 1000,
    sweeper: (invocations.sweeper * a.sweepMs) / 1000,
    reporter: (a.reportRuns * a.reportMs + acts * a.reportPasses * a.reportMsPerEntry) / 1000,
    revocationBegin: (findings * a.beginMs) / 1000,
    revocationAdvance: (invocations.revocationAdvance * a.stepMs) / 1000,
    revocationDesk: (invocations.revocationDesk * a.revocationDeskMs) / 1000,
    revocationServe: (invocations.revocationServe * a.revocationDeskMs) / 1000,
    revocationPublish: (invocations.revocationPublish * a.revocationPublishMs) / 1000,
    rotationAdvance: (invocations.rotationAdvance * a.rotationStepMs) / 1000,
    rotationAsk: (invocations.rotationAsk * a.revocationDeskMs) / 1000,
    rotationNotice: (invocations.rotationNotice * a.beginMs) / 1000,
    rotationPlain: 0,
    rotationPublish: (invocations.rotationPublish * a.revocationPublishMs) / 1000,
    rotationSchedule: (invocations.rotationSchedule * a.rotationStepMs) / 1000,
  };

  const chunks = (bytes: number) => Math.max(1, Math.ceil(bytes / SQS_CHUNK_BYTES));
  const sends = dispatches * MONTH_SECONDS * chunks(dispatchBytes);
  const receives = scans * chunks((dispatchBytes / messagesPerDispatch) * perInvocation);
  const emptyReceives = (inventory.polledQueues * a.pollers * MONTH_SECONDS) / a.longPollSeconds;
  const sqsRequests =
    sends +
    receives +
    scans +
    emptyReceives +
    (invocations.evaluate + invocations.deliver + findings * 2 + runs + acts) * 3;

  const { lease, checkpointEveryMs, statusEveryMs, directoryEveryMs } = SHIP_SETTINGS;
  const checkpoints =
    load.logs *
    Math.min(dispatches, load.entriesPerSecond / load.logs, 1000 / checkpointEveryMs) *
    MONTH_SECONDS;
  const statuses = (load.logs * MONTH_SECONDS * 1000) / statusEveryMs;
  // A successor asks for the lease from its start until the run before it ends.
  const waitingMs = Math.max(0, inventory.shipperRunSeconds - 60) * 1000;
  const leases =
    (MONTH_SECONDS * 1000) / lease.renewEveryMs + MONTH_MINUTES * (waitingMs / lease.pollEveryMs + 2);
  const itemUnits = Math.ceil(a.findingBytes / KIB);
  // Written once and, in a transaction, marked as counted; both reach every index.
  const findingUnits =
    itemUnits * (1 + inventory.quarantineIndexes) + itemUnits * (2 + inventory.quarantineIndexes);
  const writeUnits =
    checkpoints * a.checkpointUnits +
    statuses +
    leases +
    scans * a.recordUnits +
    // A decision about a case, and its counters.
    runs * (a.unitsPerRun + 4) +
    rotations * a.unitsPerRotation +
    findings * (findingUnits + a.caseUnits + a.evaluateWriteUnits) +
    invocations.deliver * 2 +
    guardChecks +
    acts * a.actWriteUnits +
    auditBatches * a.batchWriteUnits;
  const directoryReads = (seconds.shipper * 1000) / directoryEveryMs;
  // Nobody reviews: every finding waits until it expires, and the health check counts what waits.
  const waitingBytes =
    findings * (inventory.findingRetentionDays / (MONTH_SECONDS / 86_400)) * a.findingBytes;
  const counted = Math.min(a.healthPages * a.healthPageUnits, waitingBytes / (8 * KIB));
  const readUnits =
    directoryReads * Math.ceil((load.logs * a.peerBytes) / (4 * KIB)) * 0.5 +
    MONTH_MINUTES * (a.healthReadUnits + counted) +
    scans * a.recordUnits +
    findings +
    invocations.dayReport * a.dayReadUnits +
    findings * a.evaluateReadUnits +
    invocations.deliver * 2 +
    invocations.guardKeys +
    acts * a.actReadUnits +
    batchSlots * a.batchLookReadUnits;
  const storedGb = (waitingBytes * (1 + inventory.quarantineIndexes)) / 1e9;

  const tableKeys = (a.principalsAndTables * MONTH_SECONDS) / a.tableKeySeconds;
  // SQS: twice for a sender, once for a reader, for each use of a data key; SNS: twice for a publication.
  const queueKeys = (inventory.polledQueues * 3 * MONTH_SECONDS) / inventory.dataKeyReuseSeconds;
  const kmsRequests = tableKeys + queueKeys + findings + alerts * a.notesPerAlert * 2 + runs * a.stepsPerRun;

  const ran = Object.values(invocations).reduce((sum, count) => sum + count, 0);
  const logGb =
    (ran * a.logBytesPerInvocation +
      findings * a.logBytesPerFinding +
      guardChecks * a.logBytesPerGuardCheck +
      dispatches * MONTH_SECONDS * (a.logBytesPerDispatch + rangesPerDispatch * a.logBytesPerRange) +
      invocations.shipper * a.logBytesPerShipperRun) /
    1e9;

  const tracesOf = (count: number, traced: boolean) => {
    const perSecond = count / MONTH_SECONDS;
    const always = Math.min(perSecond, a.tracedPerSecond);
    return traced ? (always + (perSecond - always) * a.tracedShare) * MONTH_SECONDS : 0;
  };
  const traces = FUNCTION_NAMES.reduce(
    (sum, name) => sum + tracesOf(invocations[name], inventory.functions[name].traced),
    0,
  );

  const bundlesOf = (many: number) => many / 256;
  return {
    auditEntries: acts,
    auditBatches,
    s3Writes: auditBatches * a.batchPuts,
    // The check reads a bundle and a tile for each 256 entries, and lists all objects, a thousand at a time.
    s3Reads:
      auditBatches * a.batchGets +
      invocations.integrityCheck * bundlesOf(auditLog) * 2 +
      a.reportRuns * a.reportGets +
      bundlesOf(acts * a.reportPasses),
    auditGb: ((acts + auditBatches * a.partialEntries) * a.auditEntryBytes * 12 * a.auditYears) / 1e9,
    signatures: auditBatches * 2,
    dispatchesPerSecond: dispatches,
    messages: messagesPerSecond * MONTH_SECONDS,
    findings,
    alerts,
    invocations,
    seconds,
    sqsRequests,
    stateTransitions: runs * a.transitionsPerRun + rotations * a.transitionsPerRotation,
    writeUnits,
    readUnits,
    storedGb,
    kmsRequests,
    // A metric is billed for the hours in which it has data.
    metrics: a.steadyMetrics + Math.min(a.findingMetrics, findings / 730),
    logGb,
    traces,
  };
}
