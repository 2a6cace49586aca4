/** What a person should do first about a leaked secret, by who issued it. One sentence or two, in order of urgency. */
const BY_PROVIDER: Readonly<Record<string, string>> = {
  anthropic: 'Disable the key in the Anthropic console, check usage since the leak, then create a new one.',
  aws: 'Set the access key to Inactive in IAM now, read in CloudTrail what it did since the leak, then delete it and issue a new one.',
  azure: 'Regenerate the key or remove the client secret in Azure, then read the sign-in and activity logs.',
  cloudflare: 'Roll or delete the token in the Cloudflare dashboard, then read the audit log.',
  databricks: 'Revoke the token in the workspace settings, then read the audit log of its user.',
  datadog: 'Delete the key in the organization settings of Datadog, then issue a new one to its agents.',
  digitalocean:
    'Revoke the token in the DigitalOcean control panel, then look for resources that nobody ordered.',
  discord: 'Delete the webhook or reset the bot token in Discord: whoever has it can post as you.',
  docker: 'Revoke the access token in Docker Hub, then check recent pushes to your repositories.',
  gcp: 'Disable the key in Google Cloud, read the audit log for its use since the leak, then delete it and issue a new one.',
  github:
    'Revoke the token at GitHub now, read the audit log for its use since the leak, then issue a new one with the least scopes.',
  gitlab:
    'Revoke the token in GitLab, read the audit events of its owner, then issue a new one with the least scopes.',
  google:
    'Revoke the credential in the Google Cloud console, check its usage since the leak, then issue a restricted one.',
  heroku: 'Revoke the authorization in the Heroku dashboard, then check recent releases and config changes.',
  huggingface:
    'Invalidate the token in the Hugging Face settings, then check recent pushes to models and datasets.',
  mailgun: 'Delete the key in Mailgun, then look for mail that you did not send.',
  npm: 'Revoke the token at npm now, then check that no version was published that you do not know.',
  openai:
    'Delete the key in the OpenAI dashboard, check usage since the leak, then create a new one for its project.',
  pypi: 'Delete the token at PyPI now, then check that no release was uploaded that you do not know.',
  sendgrid: 'Delete the API key in SendGrid, then look for mail that you did not send.',
  shopify: 'Rotate the app credential in Shopify, then read the activity log of the shop.',
  slack:
    'Revoke the token (auth.revoke) or regenerate the webhook in Slack, then read the access log of the workspace.',
  stripe:
    'Roll the key in the Stripe dashboard with immediate expiry, then check events and payouts since the leak.',
  telegram: 'Revoke the bot token with BotFather: whoever has it can read and write as the bot.',
  twilio:
    'Delete the API key or rotate the auth token in Twilio, then check calls and messages since the leak.',
  vault: 'Revoke the token and its leases in Vault, then read the audit device for its use.',
};

/** Where the issuer is unknown or there is none: by what kind of secret it is. The first that fits. */
const BY_KIND: readonly (readonly [kind: RegExp, action: string])[] = [
  [
    /private[_-]?key|pem|ssh|pgp/i,
    'Treat the key pair as known to others: remove the public half from every host and revoke every certificate that trusts it, then make a new pair.',
  ],
  [
    /database|connection|postgres|mysql|mongo|redis|amqp|dsn/i,
    'Change the password of the database user now, end its open sessions, then read the server log for logins since the leak.',
  ],
  [
    /jwt|bearer|session|cookie/i,
    'End the session it belongs to; if the issuer cannot end single sessions, rotate the signing key.',
  ],
  [/webhook/i, 'Delete the webhook and create a new one: whoever has its address can post to it.'],
  [
    /password|passwd|basic[_-]?auth/i,
    'Change the password everywhere it is used, then check logins since the leak.',
  ],
];

const OTHERWISE =
  'Revoke the secret where it was issued, check what it was used for since the leak, then issue a new one.';

/** @returns what a person should do first; sensible for every provider and type, known or not */
export function recommendedAction(secret: {
  readonly provider: string;
  readonly secretType: string;
}): string {
  const provider = secret.provider.toLowerCase();
  if (Object.hasOwn(BY_PROVIDER, provider)) return BY_PROVIDER[provider] ?? OTHERWISE;
  return BY_KIND.find(([kind]) => kind.test(secret.secretType))?.[1] ?? OTHERWISE;
}
