/** Accounts of MySQL and MariaDB: how one is copied for a second user, and how MariaDB hashes a password. */
import { createHash } from 'node:crypto';
import type { Redacted } from '../../kernel/redacted.ts';

/** `*` and the hex of SHA-1 over SHA-1, as `mysql_native_password` keeps it: the password itself is in no statement. */
export function nativeHash(password: Redacted): string {
  const once = createHash('sha1').update(password.reveal()).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}

/** An account's name as servers write it into grants: `` `app`@`%` ``. */
export const quotedAccount = (user: string, host: string): string =>
  [user, host].map((part) => `\`${part.replaceAll('`', '``')}\``).join('@');

/**
 * The grants of one account, as `SHOW GRANTS` lists them, for another one.
 * @returns undefined where a line is not understood: half of the rights are none
 */
export function grantsFor(lines: readonly string[], from: string, to: string): readonly string[] | undefined {
  const mine: string[] = [];
  for (const line of lines) {
    // A role that is switched on at login: it is granted by a line of its own.
    const role = new RegExp(`^SET DEFAULT ROLE (.+) FOR ${escaped(from)}$`).exec(line)?.[1];
    if (role !== undefined) {
      mine.push(`SET DEFAULT ROLE ${role} FOR ${to}`);
      continue;
    }
    const at = line.lastIndexOf(` TO ${from}`);
    if (!line.startsWith('GRANT ') || at < 0) return undefined;
    const rest = line.slice(at + ` TO ${from}`.length);
    // How it logs in and over what stand in the account itself; what stays is what it may hand on.
    const options = / WITH (?:GRANT|ADMIN) OPTION$/.exec(rest)?.[0] ?? '';
    mine.push(`${line.slice(0, at)} TO ${to}${options}`);
  }
  return mine;
}

/** What an account asks of its connections, from `SHOW CREATE USER`: ` REQUIRE SSL`, or nothing. */
export function requirementOf(created: string): string {
  const found = /(?<= )REQUIRE (?:SSL|X509|NONE)(?= |$)/.exec(created)?.[0];
  return found === undefined ? '' : ` ${found}`;
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
