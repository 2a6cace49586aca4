import type { Logger } from '@aws-lambda-powertools/logger';
import path from 'node:path';
import { reportRequest, type ReportAnswer, type ReportChanged } from '../contracts/reports.ts';
import { systemClock } from '../kernel/clock.ts';
import {
  createCloudFormation,
  createCloudWatch,
  createDynamo,
  createEventBridge,
  createKms,
  createLogs,
  createS3,
  createSecretsManager,
  createSqs,
} from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { openKmsNoteKey } from '../platform/kms-note-key.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { createS3Source } from '../platform/s3-log-source.ts';
import { createReportAnnouncer } from './adapters/eventbridge-reports.ts';
import { createNoteOpener, createNoteSigner } from './adapters/manifest-notes.ts';
import { createPreviousReports } from './adapters/previous-report.ts';
import { createConfigurationReader } from './adapters/read-configuration.ts';
import { loadPdfRenderer } from './adapters/report-forms.ts';
import { createS3ReportStore } from './adapters/s3-report-store.ts';
import { createdEvent, failedEvents } from './domain/announce-reports.ts';
import { exceptionsFile } from './domain/exception.ts';
import { frameworksFile } from './domain/framework.ts';
import { makeReports, type MadeReport, type MakeReports } from './domain/make-reports.ts';
import { requestedPeriod } from './domain/period.ts';
import { renderForms } from './domain/render/forms.ts';
import { MANIFEST_PATH, manifestOf } from './domain/render/manifest.ts';
import exceptions from './exceptions.json' with { type: 'json' };
import frameworks from './frameworks.json' with { type: 'json' };
import { makeReportsEnv } from './make-reports.env.ts';

export interface MakeReportsDependencies {
  readonly reports: Omit<MakeReports, 'made'>;
  readonly announce: (event: ReportChanged) => Promise<void>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

let dependencies: Promise<MakeReportsDependencies> | undefined;

/** Invoked by schedules, and by whoever asks for a report. */
export async function handler(event: unknown): Promise<ReportAnswer> {
  dependencies ??= build();
  try {
    return await serveReports(event, await dependencies);
  } catch (error) {
    // What could not be built is built anew: KMS may have been out of reach for a moment.
    dependencies = undefined;
    throw error;
  }
}

/** @throws where a schedule's report could not be made: what runs unwatched ends in an alarm, not in an answer */
export async function serveReports(
  event: unknown,
  { reports, announce, logger }: MakeReportsDependencies,
): Promise<ReportAnswer> {
  const asked = reportRequest.safeParse(event);
  if (!asked.success) throw new Error(`Not a request for reports: ${describeProblems(asked.error)}`);
  const request = asked.data;
  const startedAt = reports.clock.now();
  const period = requestedPeriod(request, startedAt);
  if (!period.ok) return { answer: 'refused', why: period.error };
  const place = ({ folder }: MadeReport) => reports.store.locate(folder, MANIFEST_PATH);
  const give = async (made: MadeReport) => {
    await announce(createdEvent(made, place(made), reports.clock.now()));
    const { id, framework, folder, isOld } = made;
    logger.info('report_made', { report_id: id, framework: framework.id, folder, is_old: isOld });
  };
  const fail = async (why: string, done: readonly MadeReport[] = []) => {
    const missing = request.frameworks.filter((id) => done.every(({ framework }) => framework.id !== id));
    for (const failed of failedEvents(
      { frameworks: missing },
      period.value,
      String(startedAt),
      why,
      startedAt,
    ))
      await announce(failed);
    logger.error('reports_failed', { frameworks: missing, reason: why });
  };
  const done: MadeReport[] = [];
  const made = (report: MadeReport) => give(report).then(() => void done.push(report));
  try {
    const all = await makeReports({ ...request, period: period.value }, { ...reports, made });
    if (all.ok)
      return {
        answer: 'made',
        reports: all.value.map((report) => ({
          ...{ reportId: report.id, framework: report.framework.id, verdicts: report.verdicts },
          ...{ manifest: place(report), isOld: report.isOld },
        })),
      };
    await fail(all.error);
    if ('last' in request) throw new RefusedReports(all.error);
    return { answer: 'refused', why: all.error };
  } catch (error) {
    if (!(error instanceof RefusedReports)) await fail(describeError(error).error_name, done);
    throw error;
  }
}

class RefusedReports extends Error {}

async function build(): Promise<MakeReportsDependencies> {
  const env = parseEnv(makeReportsEnv, process.env);
  const [s3, kms] = [createS3(), createKms()];
  const store = createS3ReportStore(s3, env.REPORT_BUCKET);
  const [signer, ...keys] = await Promise.all([
    openKmsNoteKey(kms, env.REPORT_SIGNER, env.REPORT_KEY, 'ed25519'),
    openKmsNoteKey(kms, env.LOG_ORIGIN, env.ED25519_KEY, 'ed25519'),
    openKmsNoteKey(kms, env.LOG_ORIGIN, env.ECDSA_KEY, 'ecdsa'),
  ]);
  // The bundle's directory: the template lies in it, and packages of layers are found from it.
  const pdf =
    env.PDF === 'yes'
      ? await loadPdfRenderer(path.join(process.cwd(), 'report.typ'), process.cwd())
      : undefined;
  const configuration = createConfigurationReader(
    {
      ...{ s3, kms, dynamo: createDynamo(), sqs: createSqs(), secrets: createSecretsManager() },
      ...{ cloudFormation: createCloudFormation(), cloudWatch: createCloudWatch(), logs: createLogs() },
    },
    {
      ...{ stacks: env.CONFIGURED_STACKS, lockedBuckets: env.LOCKED_BUCKETS },
      ...{ expiringTables: env.EXPIRING_TABLES, passingTables: env.PASSING_TABLES },
      managedSecrets: env.MANAGED_SECRETS,
    },
    systemClock,
  );
  return {
    announce: createReportAnnouncer(createEventBridge(), env.EVENT_BUS_NAME),
    logger: createLogger('reports'),
    reports: {
      compiled: frameworksFile.parse(frameworks),
      ...exceptionsFile.parse(exceptions),
      deployment: env.DEPLOYMENT,
      log: { source: createS3Source(s3, env.LOG_BUCKET), keys: keys.map(({ key }) => key) },
      configuration: () =>
        configuration.read().catch((error: unknown) => ({ missing: describeError(error).error_name })),
      render: (report) => renderForms(report, pdf),
      manifest: (report, files) => manifestOf(report, files, createNoteSigner(signer)),
      before: createPreviousReports(store, createNoteOpener([signer.key])),
      store,
      clock: systemClock,
    },
  };
}
