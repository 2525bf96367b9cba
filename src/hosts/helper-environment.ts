/** What OpenSSH's programs may need of our environment. */
const HANDED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'SSH_AUTH_SOCK'] as const;

/** For a program that helps us on this machine: nothing else, for our environment holds tokens and keys. */
export function helperEnvironment(): Record<string, string> {
  return Object.fromEntries(
    HANDED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
