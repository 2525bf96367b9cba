/** The port `Host` for the machine that we run on. */
import { homedir, userInfo } from 'node:os';
import { execa } from 'execa';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Command, Host, Outcome } from '../operation/host.ts';
import { createTurns, HOST_LIMITS, type HostLimits, type Place, timedOut, tooLarge } from './limits.ts';
import { checkSudo, effectiveArgv } from './privilege.ts';
import { checkArgv } from './quote.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type LocalOptions = {
  readonly name: string;
  readonly sudo: boolean;
  readonly limits?: Partial<HostLimits>;
};

/** What a login has, and nothing of ours: our own environment holds tokens and keys. */
function cleanEnvironment(): Record<string, string> {
  const { username, homedir: home } = userInfo();
  return { PATH: process.env['PATH'] ?? PATH, HOME: home, USER: username, LOGNAME: username };
}

async function ask(command: Command, sudo: boolean, limits: HostLimits, signal: AbortSignal, place: Place) {
  const [program, ...words] = effectiveArgv(command, sudo);
  const child = execa(program, words, {
    cwd: homedir(),
    env: cleanEnvironment(),
    extendEnv: false,
    input: command.stdin ?? '',
    maxBuffer: limits.outputBytes,
    cancelSignal: signal,
    stripFinalNewline: false,
    reject: false,
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => command.onStdout?.(chunk));
  const result = await child;
  if (result.isCanceled) throw timedOut(place.host, command);
  if (result.isMaxBuffer) throw tooLarge(place.host, limits);
  if (result.exitCode === undefined && result.signal === undefined)
    throw new KollaBackupError(
      'HOST_UNREACHABLE',
      { host: place.host, reason: String(result.code) },
      { cause: result },
    );
  const outcome: Outcome = {
    code: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
  };
  return checkSudo(outcome, command, sudo, place);
}

/** A program that isn't there ends with code 127, as over SSH. */
export function localHost({ name, sudo, limits: own }: LocalOptions): Host {
  const limits = { ...HOST_LIMITS, ...own };
  const place = { host: name, user: userInfo().username };
  const inTurn = createTurns(limits.concurrent);
  return {
    name,
    async run(command) {
      checkArgv(command.argv);
      const signal = AbortSignal.timeout(command.timeoutMs);
      const answer = inTurn(signal, () => ask(command, sudo, limits, signal, place));
      return answer.catch((error: unknown) => {
        throw error === signal.reason ? timedOut(name, command) : error;
      });
    },
    async close() {},
  };
}
