/** A certificate for this machine's own address, signed by itself: made here, since Node makes none and openssl may be missing. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface CertificateOptions {
  /** When it starts and ends to be valid, in ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const DAY_MS = 86_400_000;

/** X.509 v3 over P-256 for `localhost` and 127.0.0.1 (RFC 5280); by default valid from yesterday for 30 days. */
export function makeCertificate({ notBefore, notAfter }: CertificateOptions = validNow()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid('550403'), utf8('localhost'))));
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const alternativeNames = sequence(
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
  );
  const extensions = sequence(
    sequence(
      oid('551d13'),
      tagged(0x01, Buffer.from([0xff])),
      octets(sequence(tagged(0x01, Buffer.from([0xff])))),
    ),
    sequence(oid('551d11'), octets(alternativeNames)),
  );
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, ecdsaWithSha256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    certificate: pem('CERTIFICATE', whole),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function validNow(): CertificateOptions {
  const now = Date.now();
  return { notBefore: now - DAY_MS, notAfter: now + 30 * DAY_MS };
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts: readonly Buffer[]) => tagged(0x30, Buffer.concat(parts));
const set = (...parts: readonly Buffer[]) => tagged(0x31, Buffer.concat(parts));
const octets = (content: Buffer) => tagged(0x04, content);
const oid = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string) => tagged(0x0c, Buffer.from(text));
/** UTCTime, to the second. */
const time = (epochMs: number) =>
  tagged(0x17, Buffer.from(`${new Date(epochMs).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
const pem = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;
