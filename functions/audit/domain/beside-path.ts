/** Where the content of a commitment lies in its bucket: by the day on which it expires, so that a day is deleted as one. */

const PATH = /^beside\/([0-9]{4}-[0-9]{2}-[0-9]{2})\/([0-9a-f]{64})$/;

/** @param expiresAt RFC 3339, UTC */
export const besidePath = (commitment: string, expiresAt: string): string =>
  `${besideDay(expiresAt)}${commitment}`;

/** What the paths of one day begin with. @param at RFC 3339, UTC, or its day */
const besideDay = (at: string): string => `beside/${at.slice(0, 10)}/`;

export const BESIDE = 'beside/';

/** The day in a path, `2026-11-21`; undefined where the path is none of these. */
export const dayOfPath = (path: string): string | undefined => PATH.exec(path)?.[1];
