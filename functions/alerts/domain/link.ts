import type { Labels } from './labels.ts';

/** @returns where a person reads on about an alert: its case, else the alerts of its agent, else all */
export function linkUnder(consoleUrl: string): (labels: Labels) => string {
  const base = consoleUrl.replace(/\/+$/, '');
  return ({ caseId, fingerprint, agent }) => {
    // A case's id is the first half of its fingerprint.
    const id = caseId ?? (fingerprint ? `case_${fingerprint.slice(0, 32)}` : undefined);
    if (id !== undefined) return `${base}/cases/${encodeURIComponent(id)}`;
    return agent === undefined ? `${base}/cases` : `${base}/cases?agent=${encodeURIComponent(agent)}`;
  };
}
