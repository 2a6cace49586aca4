import { hash } from 'node:crypto';

/** Of our names, RFC 9562 section 5.5: drawn once. */
const NAMESPACE = '6f1c3a52-9f0e-4b57-8c1d-2a7e5d90b3f4';

/** The same UUID for the same parts, and another for any others: version 5 over them as JSON. */
export function uuidOf(...parts: readonly (string | number)[]): string {
  const name = Buffer.from(JSON.stringify(parts));
  const namespace = Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex');
  const digest = Buffer.from(hash('sha1', Buffer.concat([namespace, name]), 'hex'), 'hex').subarray(0, 16);
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
