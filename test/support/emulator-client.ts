/** Options of an AWS SDK client that talks to the emulator at `endpoint` and to nothing else. */
export function awsOptions(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'local' },
  };
}
