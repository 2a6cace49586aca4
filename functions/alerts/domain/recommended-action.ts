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
  github:
    'Revoke the token at GitHub now, read the audit log for its use since the leak, then issue a new one with the least scopes.',
  hashicorp:
    'Revoke the token in Vault, Terraform Cloud or Consul, then read the audit log for its use since the leak.',
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
};

/** Types for which the issuer's general advice would be wrong. */
const BY_TYPE: readonly (readonly [type: RegExp, action: string])[] = [
  [
    /private[_-]key|client[_-]key$/i,
    'Treat the key pair as known to others: remove the public half from every host and revoke every certificate that trusts it, then make a new pair.',
  ],
  [
    /^aws[_-]session[_-]token/i,
    'Revoke the active sessions of the role in IAM now, read in CloudTrail what they did since the leak, then find out how the role was assumed.',
  ],
  [
    /^aws[_-](bedrock|appsync|mws)/i,
    'Delete the API key in the console of its service now, then read in CloudTrail what it was used for since the leak.',
  ],
  [
    /^gcp[_-]service[_-]account/i,
    'Disable the key of the service account in Google Cloud now, read the audit log for its use since the leak, then delete it and issue a new one.',
  ],
  [
    /unseal/i,
    'Rekey Vault now, with the holders of the other shares: whoever has enough of them can open it. Then read the audit log.',
  ],
];

/** Where the issuer is not known: by what kind of secret it is. The first that fits. */
const BY_KIND: readonly (readonly [kind: RegExp, action: string])[] = [
  [
    /database|connection|postgres|mysql|mongo|redis|amqp|dsn/i,
    'Change the password of the database user now, end its open sessions, then read the server log for logins since the leak.',
  ],
  [
    /jwt|bearer|session|cookie|authorization/i,
    'End the session it belongs to; if the issuer cannot end single sessions, rotate the signing key.',
  ],
  [/webhook/i, 'Delete the webhook and create a new one: whoever has its address can post to it.'],
  [
    /password|passwd|basic[_-]?auth|credentials/i,
    'Change the password everywhere it is used, then check logins since the leak.',
  ],
];

const AND_THEN = 'check what it was used for since the leak, then issue a new one';
/** How rules name an issuer; anything else is no name to print. */
const ISSUER = /^(?!generic$)[a-z0-9][a-z0-9-]{0,30}$/;

/** @returns what a person should do first; sensible for every provider and type, known or not */
export function recommendedAction(secret: {
  readonly provider: string;
  readonly secretType: string;
}): string {
  const { provider, secretType } = secret;
  const fitting = (table: typeof BY_TYPE) => table.find(([pattern]) => pattern.test(secretType))?.[1];
  const byProvider = Object.hasOwn(BY_PROVIDER, provider) ? BY_PROVIDER[provider] : undefined;
  const advice = fitting(BY_TYPE) ?? byProvider;
  if (advice !== undefined) return advice;
  if (ISSUER.test(provider)) return `Revoke the secret at ${provider}, ${AND_THEN}.`;
  return fitting(BY_KIND) ?? `Revoke the secret where it was issued, ${AND_THEN}.`;
}
