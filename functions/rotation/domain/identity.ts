/** Names one credential at its provider: a key's id, a user's name. No part of it is secret. */
export interface CredentialIdentity {
  readonly id: string;
  readonly account?: string;
}
