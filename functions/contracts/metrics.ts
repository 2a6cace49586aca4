/** Names of the metrics that functions write and alarms and dashboards read. */
export const METRICS_NAMESPACE = 'SHHH';

/** Components that the last health check found degraded or down; unit Count. */
export const UNHEALTHY_COMPONENTS = 'UnhealthyComponents';
/** Findings that wait for a review; unit Count. */
export const QUARANTINE_SIZE = 'QuarantineSize';
