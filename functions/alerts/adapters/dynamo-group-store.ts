import { PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { severity } from '../../contracts/finding.ts';
import type { Group, Member } from '../domain/group.ts';
import { labelName } from '../domain/labels.ts';
import { note as noteSchema } from '../domain/note.ts';
import type { GroupStore } from '../domain/ports.ts';
import {
  expiry,
  getAll,
  KEEP_DAYS,
  putAll,
  queryAll,
  stateKey,
  whenHolds,
  type StateTable,
} from './state-table.ts';

const labels = z.partialRecord(labelName, z.string());
const storedGroup = z.object({
  key: z.string(),
  episode: z.number(),
  route: z.string(),
  labels,
  intervalMs: z.number(),
  arrivals: z.number(),
  told: z.number(),
  toldSeverity: severity.optional(),
  toldMark: z.string().optional(),
  toldAt: z.number().optional(),
  revision: z.number(),
  closed: z.boolean().optional(),
  dueAt: z.number().optional(),
  burstUntil: z.number().optional(),
  seen: z.number().optional(),
  unsent: z.number().optional(),
});
const storedMember = z.object({
  id: z.string(),
  rule: z.string(),
  severity,
  at: z.number(),
  subject: z.string().optional(),
  labels,
  inhibited: z.boolean(),
  arrivedAt: z.number(),
});
const storedState = z.object({
  subject: z.string(),
  state: z.enum(['acknowledged', 'over']),
  at: z.number(),
});
const storedPlace = z.object({ key: z.string(), episode: z.number() });

export function createDynamoGroupStore(table: StateTable, now: () => number): GroupStore {
  const { client, tableName } = table;
  const expiresAt = () => expiry(now(), KEEP_DAYS);

  async function latest(key: string): Promise<Group | undefined> {
    const [item] = await queryAll(table, {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': `GROUP#${key}` },
      ScanIndexForward: false,
      Limit: 1,
    });
    return item && storedGroup.parse(item);
  }

  /** Says that the group has changed. @returns undefined where the episode has ended */
  async function arrive(
    { key, episode }: Pick<Group, 'key' | 'episode'>,
    count: number,
  ): Promise<Group | undefined> {
    let changed: Group | undefined;
    const open = await whenHolds(
      client
        .send(
          new UpdateCommand({
            TableName: tableName,
            Key: stateKey.episode(key, episode),
            UpdateExpression: 'ADD arrivals :n SET expiresAt = :expiresAt',
            ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(closed)',
            ExpressionAttributeValues: { ':n': count, ':expiresAt': expiresAt() },
            ReturnValues: 'ALL_NEW',
          }),
        )
        .then(({ Attributes }) => (changed = storedGroup.parse(Attributes))),
    );
    return open ? changed : undefined;
  }

  const putStates = (
    states: readonly { subject: string; state: string; at: number; key: string; episode: number }[],
  ) =>
    putAll(
      table,
      states.map(({ key, episode, ...state }) => ({
        pk: stateKey.content(key, episode),
        sk: `STATE#${state.subject}`,
        ...state,
        expiresAt: expiresAt(),
      })),
    );

  return {
    async open(group) {
      for (;;) {
        const last = await latest(group.key);
        if (last && last.closed !== true) return last;
        const begun: Group = {
          ...group,
          episode: (last?.episode ?? 0) + 1,
          arrivals: 0,
          told: 0,
          revision: 0,
        };
        const mine = await whenHolds(
          client.send(
            new PutCommand({
              TableName: tableName,
              Item: { ...stateKey.episode(begun.key, begun.episode), ...begun, expiresAt: expiresAt() },
              ConditionExpression: 'attribute_not_exists(pk)',
            }),
          ),
        );
        if (mine) return begun;
      }
    },

    async add(group, members) {
      const { key, episode } = group;
      const subjects = members.flatMap(({ subject }) => subject ?? []);
      await putAll(table, [
        ...members.map((member) => ({
          pk: stateKey.content(key, episode),
          sk: `ALERT#${member.id}`,
          ...member,
          arrivedAt: group.arrivals + 1,
          expiresAt: expiresAt(),
        })),
        ...subjects.map((subject) => ({
          ...stateKey.subjectGroup(subject, key, episode),
          key,
          episode,
          expiresAt: expiresAt(),
        })),
      ]);
      // Written before this is read, and the other way round in `change`: one of the two sees the other.
      const states = await getAll(table, subjects.map(stateKey.subject));
      await putStates(states.map((state) => ({ ...storedState.parse(state), key, episode })));
      return arrive(group, members.length);
    },

    async get(key, episode) {
      const [item] = await getAll(table, [stateKey.episode(key, episode)]);
      return item && storedGroup.parse(item);
    },

    async content({ key, episode }) {
      const items = await queryAll(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': stateKey.content(key, episode) },
      });
      const members: Member[] = [];
      const states = new Map<string, { state: 'acknowledged' | 'over'; at: number }>();
      for (const item of items) {
        const state = storedState.safeParse(item);
        if (state.success) states.set(state.data.subject, state.data);
        else members.push(storedMember.parse(item));
      }
      return { members, states };
    },

    schedule({ key, episode }, dueAt) {
      return whenHolds(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: stateKey.episode(key, episode),
            UpdateExpression: 'SET dueAt = :dueAt',
            ConditionExpression:
              'attribute_exists(pk) AND attribute_not_exists(closed) AND attribute_not_exists(dueAt)',
            ExpressionAttributeValues: { ':dueAt': dueAt },
          }),
        ),
      );
    },

    reschedule({ key, episode, dueAt: expected, arrivals }, dueAt) {
      return whenHolds(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: stateKey.episode(key, episode),
            UpdateExpression: dueAt === undefined ? 'REMOVE dueAt' : 'SET dueAt = :dueAt',
            ConditionExpression: `arrivals = :arrivals AND ${expected === undefined ? 'attribute_not_exists(dueAt)' : 'dueAt = :expected'}`,
            ExpressionAttributeValues: {
              ':arrivals': arrivals,
              ...(expected === undefined ? {} : { ':expected': expected }),
              ...(dueAt === undefined ? {} : { ':dueAt': dueAt }),
            },
          }),
        ),
      );
    },

    postpone({ key, episode, dueAt: expected, arrivals }, dueAt) {
      return whenHolds(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: stateKey.episode(key, episode),
            UpdateExpression: 'SET dueAt = :dueAt, seen = :arrivals',
            ConditionExpression: 'dueAt = :expected AND attribute_not_exists(closed)',
            ExpressionAttributeValues: { ':dueAt': dueAt, ':arrivals': arrivals, ':expected': expected },
          }),
        ),
      );
    },

    async commit(group, { told, mark, note, dueAt, burstUntil, closes }) {
      const { key, episode } = group;
      // What ends the episode must know everything that is in it; what does not is told with the next message.
      const condition = `revision = :before AND attribute_not_exists(closed)${closes ? ' AND arrivals = :told' : ''}`;
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Update: {
                  TableName: tableName,
                  Key: stateKey.episode(key, episode),
                  UpdateExpression: `SET revision = :revision, unsent = :revision, told = :told, toldMark = :mark, toldSeverity = :severity, toldAt = :at, burstUntil = :burstUntil, expiresAt = :expiresAt${
                    closes ? ', closed = :closed REMOVE seen, dueAt' : ', dueAt = :dueAt REMOVE seen'
                  }`,
                  ConditionExpression: condition,
                  ExpressionAttributeValues: {
                    ':before': group.revision,
                    ':revision': note.revision,
                    ':told': told,
                    ':mark': mark,
                    ':severity': note.severity,
                    ':at': note.at,
                    ':burstUntil': burstUntil ?? 0,
                    ':expiresAt': expiresAt(),
                    ...(closes ? { ':closed': true } : { ':dueAt': dueAt }),
                  },
                },
              },
              {
                Put: {
                  TableName: tableName,
                  Item: { ...stateKey.note(key, episode, note.revision), note, expiresAt: expiresAt() },
                },
              },
            ],
          }),
        );
        return true;
      } catch (error) {
        // The condition did not hold, or another transaction was at the same item: either way it was not decided here.
        if (z.object({ name: z.literal('TransactionCanceledException') }).safeParse(error).success)
          return false;
        throw error;
      }
    },

    async note({ key, episode }, revision) {
      const [item] = await getAll(table, [stateKey.note(key, episode, revision)]);
      return item && z.object({ note: noteSchema }).parse(item).note;
    },

    async sent({ key, episode }, revision) {
      await whenHolds(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: stateKey.episode(key, episode),
            UpdateExpression: 'REMOVE unsent',
            ConditionExpression: 'unsent = :revision',
            ExpressionAttributeValues: { ':revision': revision },
          }),
        ),
      );
    },

    async change(changes) {
      const touched = new Map<string, { key: string; episode: number }>();
      for (const { subject, state, at } of changes) {
        await whenHolds(
          client.send(
            new PutCommand({
              TableName: tableName,
              Item: { ...stateKey.subject(subject), subject, state, at, expiresAt: expiresAt() },
              // The same change again finishes what it began; an older one comes too late.
              ConditionExpression: 'attribute_not_exists(pk) OR #at <= :at',
              ExpressionAttributeNames: { '#at': 'at' },
              ExpressionAttributeValues: { ':at': at },
            }),
          ),
        );
        const [newest] = await getAll(table, [stateKey.subject(subject)]);
        const places = await queryAll(table, {
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :group)',
          ExpressionAttributeValues: { ':pk': stateKey.subject(subject).pk, ':group': 'GROUP#' },
        });
        for (const place of places.map((item) => storedPlace.parse(item))) {
          await putStates([{ ...storedState.parse(newest), ...place }]);
          await arrive(place, 1);
          touched.set(`${place.key}#${place.episode}`, place);
        }
      }
      return [...touched.values()];
    },
  };
}
