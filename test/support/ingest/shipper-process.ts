/** The function's bundle-less twin: a process of its own that runs the handler again and again, as a schedule does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { handler } from '../../../functions/ingest/ship-entries.lambda.ts';

/** Between two starts of a schedule; long enough for one that waits to get the lease. */
const PAUSE_MS = 500;

for (;;) {
  await handler();
  await sleep(PAUSE_MS);
}
