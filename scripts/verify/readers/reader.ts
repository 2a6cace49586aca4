import { z } from 'zod';
import type { Clients } from '../clients.ts';

/** What a template asks of a resource, or what is there, in the property names of CloudFormation. */
export type Properties = Record<string, unknown>;

/**
 * Reads a resource back through its service's own API.
 * @param id physical id
 * @param asked the template's properties, for resources that have no id of their own, such as a queue's policy
 * @returns undefined if there is no such resource
 */
export type Reader = (id: string, clients: Clients, asked: Properties) => Promise<Properties | undefined>;

const ABSENT = /NotFound|NoSuch|NonExistent|DoesNotExist/;

/** Waits for a call; that the thing asked for does not exist is an answer, every other error is thrown. */
export async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && ABSENT.test(error.name)) return undefined;
    throw error;
  }
}

/** Services give documents as JSON text, IAM's are URL-encoded besides. */
export function documentOf(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  return JSON.parse(text.startsWith('%7B') ? decodeURIComponent(text) : text);
}

/** Some services give tags as a record, templates have them as a list. */
export function tagList(tags: Readonly<Record<string, string>> | undefined): unknown {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

/** One document if all are the same, else all of them, which then differ from what was asked. */
export function common(documents: readonly unknown[]): unknown {
  const [first] = documents;
  return documents.every((document) => JSON.stringify(document) === JSON.stringify(first))
    ? first
    : documents;
}

/** A property that names other resources. */
export const names = (value: unknown): string[] => z.array(z.string()).parse(value ?? []);
export const name = (value: unknown): string => z.string().parse(value);
