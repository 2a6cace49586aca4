/** Whose configuration a report reads. */
import { z } from 'zod';

const names = z
  .string()
  .transform((text) => text.split(',').filter((name) => name !== ''))
  .pipe(z.array(z.string().min(1)));

export const configurationVariables = {
  /** Stacks whose resources are looked at, separated by commas. */
  CONFIGURED_STACKS: names.pipe(z.array(z.string()).min(1)),
  /** The buckets among theirs that are locked: the audit log's. */
  LOCKED_BUCKETS: names,
  /** The tables among theirs whose items have to expire. */
  EXPIRING_TABLES: names,
  /** The tables among theirs that keep nothing that has to come back: sealed evidence, windows, counters. Without a claim on recovery. */
  PASSING_TABLES: names,
  /** Names of the secrets that rotation manages; empty where there are none. */
  MANAGED_SECRETS: names,
};
