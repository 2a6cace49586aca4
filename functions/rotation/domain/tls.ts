import { z } from 'zod';

/** How a server is reached, as policies set it. */
export const tlsSettings = z.strictObject({
  /** `verify`: its certificate has to be valid for its name. `off`: not encrypted, for servers on this very machine. */
  tls: z.enum(['verify', 'off']).default('verify'),
  /** PEM certificates to trust instead of the public ones, e.g. those of Amazon RDS. */
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----').optional(),
});
export type TlsSettings = z.infer<typeof tlsSettings>;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** Why a server cannot be spoken to like this; undefined where it can. A password is sent nowhere in the clear. */
export function refuseTls({ tls }: TlsSettings, host: string): string | undefined {
  return tls === 'off' && !LOOPBACK.test(host)
    ? 'TLS is off and the server is another machine: nothing was sent; set `tls: verify`'
    : undefined;
}
