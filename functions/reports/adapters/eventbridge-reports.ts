import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { REPORT_CHANGED, REPORT_EVENT_SOURCE, type ReportChanged } from '../../contracts/reports.ts';
import { createChangeAnnouncer } from '../../platform/change-announcer.ts';

/** Tells the bus of reports. @throws where the bus does not take it */
export function createReportAnnouncer(
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
): (event: ReportChanged) => Promise<void> {
  const announcer = createChangeAnnouncer<ReportChanged>(bus, busName, (detail) => [
    { source: REPORT_EVENT_SOURCE, type: REPORT_CHANGED, detail },
  ]);
  return async (event) => {
    const [told] = await announcer.publish([event]);
    if (told?.ok === false) throw new Error(`The report was not announced: ${told.error}.`);
  };
}
