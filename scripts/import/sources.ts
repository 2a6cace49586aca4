/** Where old records come from. A source is read in pages, from its beginning, as often as one likes. */
import { createClient } from '@redis/client';
import { parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Result } from '../../functions/kernel/result.ts';
import { readJsonRecord, readRecord, type OldRecord } from './records.ts';

interface SourceRecord {
  /** Where it stands in the source, for the report: an index or a line. */
  readonly place: number;
  readonly record: Result<OldRecord, string>;
  /** Takes it out of the source; absent where the source cannot. */
  readonly remove?: () => Promise<void>;
}

export interface Source {
  /** Names the source without credentials; part of what identifies its findings. */
  readonly name: string;
  /** Records, where that can be known beforehand. */
  total(): Promise<number | undefined>;
  /** @param removed tells how many records of the page before were taken out */
  pages(removed: () => number): AsyncGenerator<readonly SourceRecord[]>;
  close(): Promise<void>;
}

const PAGE = 100;

/**
 * Opens `redis://…/DB?key=LIST`, a CSV file with a header line, or a file of one JSON object a line.
 * @throws Error that says what is wrong with the address and how to write it
 */
export async function openSource(address: string): Promise<Source> {
  if (/^rediss?:/.test(address)) return openRedis(address);
  const file = await stat(address).catch((error: unknown) => {
    throw new Error(
      `${address} cannot be read: give a file (.csv or .jsonl) or redis://HOST:PORT/DB?key=LIST.`,
      {
        cause: error,
      },
    );
  });
  if (!file.isFile()) throw new Error(`${address} is no file.`);
  return path.extname(address).toLowerCase() === '.csv' ? csvFile(address) : jsonFile(address);
}

async function openRedis(address: string): Promise<Source> {
  const url = new URL(address);
  const key = url.searchParams.get('key') ?? 'quarantine';
  url.search = '';
  const client = createClient({
    url: url.href,
    // A command that cannot be sent fails, instead of waiting for a server that may never come back.
    socket: { connectTimeout: 5_000, reconnectStrategy: false },
    disableOfflineQueue: true,
  });
  // Without a listener a lost connection ends the process; each command fails by itself anyway.
  client.on('error', () => undefined);
  const where = `redis://${url.host}${url.pathname === '/' ? '' : url.pathname}?key=${key}`;
  await client.connect().catch((error: unknown) => {
    throw new Error(
      `${where} does not answer: ${error instanceof Error ? error.message : 'unknown error'}.`,
      {
        cause: error,
      },
    );
  });
  const type = await client.type(key);
  if (type !== 'list') {
    client.destroy();
    throw new Error(
      type === 'none'
        ? `There is no list ${key} in ${where}. Name it with ?key=LIST.`
        : `${key} in ${where} is a ${type}, no list.`,
    );
  }
  return {
    name: where,
    total: () => client.lLen(key),
    async *pages(removed) {
      // What is pushed meanwhile moves the others back: some come again, none is left out.
      for (let start = 0; ;) {
        const texts = await client.lRange(key, start, start + PAGE - 1);
        if (texts.length === 0) return;
        yield texts.map((text, index) => ({
          place: start + index,
          record: readJsonRecord(text),
          remove: async () => {
            await client.lRem(key, 1, text);
          },
        }));
        start += texts.length - removed();
      }
    },
    close: async () => client.destroy(),
  };
}

function csvFile(file: string): Source {
  return {
    name: path.basename(file),
    total: async () => undefined,
    async *pages() {
      const rows: AsyncIterable<unknown> = createReadStream(file).pipe(
        parse({
          columns: (head: string[]) => head.map((name) => name.trim().toLowerCase()),
          bom: true,
          relax_column_count: true,
          skip_empty_lines: true,
        }),
      );
      let page: SourceRecord[] = [];
      let row = 1;
      for await (const fields of rows) {
        row += 1;
        page.push({ place: row, record: readRecord(fields) });
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    },
    close: async () => undefined,
  };
}

function jsonFile(file: string): Source {
  return {
    name: path.basename(file),
    total: async () => undefined,
    async *pages() {
      let page: SourceRecord[] = [];
      let line = 0;
      for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
        line += 1;
        if (text.trim() === '') continue;
        page.push({ place: line, record: readJsonRecord(text) });
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    },
    close: async () => undefined,
  };
}
