/**
 * Tests a certificate with its private key, or that a server shows a certificate which is valid for its name: a
 * handshake, and nothing more is said. Of a client's pair the server has to accept it.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { connect } from 'node:tls';
import { z } from 'zod';
import { readJson, textAt } from '../../kernel/answers.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import type { TestOutcome, Verifier } from '../domain/ports.ts';
import { networkCode, recordCalls, Fault } from './recorded-calls.ts';

const settingsSchema = z.strictObject({
  host: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535).default(443),
  /** PEM certificates to trust instead of the public ones. */
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----').optional(),
  /** Whether the value is a pair that is shown to the server; else the server's own certificate has to be the value's. */
  present: z.boolean().default(false),
  certificate: z.string().startsWith('/').default('/certificate'),
  privateKey: z.string().startsWith('/').default('/privateKey'),
  /** How long the certificate has to be valid from now on, at least. */
  validForDays: z.number().min(0).max(3_650).default(1),
});
type Settings = z.infer<typeof settingsSchema>;

const WAIT_MS = 8_000;
const DAY_MS = 86_400_000;
const PASSED = { outcome: 'passed' } as const;
const failed = (reason: string): TestOutcome => ({ outcome: 'failed', reason });

export function createTlsVerifier(clock: Clock): Verifier {
  return {
    kind: 'tls',
    settings: settingsSchema,
    documentation: 'https://www.rfc-editor.org/rfc/rfc8446',
    async run({ settings: given, value }) {
      const settings = settingsSchema.parse(given);
      const pair = readPair(value, settings);
      if (typeof pair === 'string') return { answer: failed(pair), calls: [] };
      const until = Date.parse(pair.certificate.validTo);
      if (!(until >= clock.now() + settings.validForDays * DAY_MS))
        return { answer: failed('the certificate ends too early, or has ended'), calls: [] };
      if (Date.parse(pair.certificate.validFrom) > clock.now())
        return { answer: failed('the certificate does not begin before now'), calls: [] };
      return recordCalls<TestOutcome>(
        clock,
        (error) => {
          const code = networkCode(error);
          return code === undefined ? undefined : new Fault(code);
        },
        async (call) => {
          const shown = await call(`TLS connect ${settings.host}:${settings.port}`, () =>
            handshake(settings, pair),
          );
          return settings.present || shown === pair.certificate.fingerprint256
            ? PASSED
            : failed('the server shows another certificate than this one');
        },
        ({ code }) =>
          /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|ERR_SSL_)/.test(code)
            ? failed(`the handshake fails: ${code}`)
            : undefined,
      );
    },
  };
}

interface Pair {
  readonly certificate: X509Certificate;
  readonly pem: string;
  readonly key: string;
}

/** @returns what is wrong with it, without quoting it */
function readPair(value: Redacted, { certificate, privateKey }: Settings): Pair | string {
  const json = readJson(value.reveal());
  const pem = textAt(json, certificate);
  const key = textAt(json, privateKey);
  if (pem === undefined || key === undefined)
    return `the secret's JSON has no text at ${pem === undefined ? certificate : privateKey}`;
  try {
    const read = new X509Certificate(pem);
    return read.checkPrivateKey(createPrivateKey(key))
      ? { certificate: read, pem, key }
      : 'the private key is not that of the certificate';
  } catch {
    return 'the certificate or the private key is no PEM that can be read';
  }
}

/** @returns the SHA-256 fingerprint of the certificate that the server shows */
function handshake({ host, port, ca, present }: Settings, { pem, key }: Pair): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: true,
      timeout: WAIT_MS,
      ...(ca !== undefined && { ca }),
      ...(present && { cert: pem, key }),
    });
    const end = (act: () => void) => {
      socket.destroy();
      act();
    };
    socket.once('error', (error: Error) => end(() => reject(error)));
    socket.once('timeout', () => end(() => reject(new Fault('TIMEOUT'))));
    socket.once('secureConnect', () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      if (!present) end(() => resolve(fingerprint256));
      // Of TLS 1.3 the client is done before the server has judged its certificate: it says no a little later.
      else {
        const wait = setTimeout(() => end(() => resolve(fingerprint256)), SERVER_JUDGES_MS);
        socket.once('close', () => clearTimeout(wait));
      }
    });
  });
}

const SERVER_JUDGES_MS = 300;
