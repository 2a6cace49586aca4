import { z } from 'zod';

/** The function that says where secrets stand in texts needs nothing but its rules. */
export const findSecretsEnv = z.object({});
