/** Why a rule may say what it says of ordinary text: by rule, a sentence for whoever reads the counts. */
export const DEFENCES: Readonly<Record<string, string>> = {
  AWS_SESSION_TOKEN:
    'An example of a real length in the documentation of STS; nothing but its place says that it never was one.',
  AZURE_SAS: 'A signed URL in the documentation of DataSync, with a signature of the right form.',
  DATABASE_URL:
    'Documented URLs with a user and a made-up password, `http://abc:xyz@…`: what a real one looks like.',
  GITHUB_LEGACY_TOKEN:
    'A documented value of the older form, 40 hexadecimal digits, right after words on how to authenticate to GitHub.',
  KEY_ASSIGNMENT: 'A type named as a key with a value that mixes cases and digits.',
  NETRC_PASSWORD: "Lines of `.netrc` in the tests of Python's own parser: real syntax, made-up passwords.",
  PREFIXED_TOKEN:
    "A documented bucket's name with an account's number in it reads like a prefix and a random rest.",
  QUOTED_PASSWORD:
    'A string in quotes that the code itself calls a password; in tests and examples they are made up.',
  QUOTED_SECRET:
    'A name that ends like a secret (`AUTH`, `TOKEN`), with a value that mixes letters and digits.',
  SECRET_ASSIGNMENT:
    'Documented inputs of KMS and the like: base64 of a real length after a name such as `SharedSecret`.',
};
