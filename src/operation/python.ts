/** How a Python program is sent to a host: with its request through standard input, so that nothing of either is an argument. */

/** Reads the request (one line of JSON) and then the program itself: no file is needed on the host. */
const BOOT =
  'import sys,json; request=json.loads(sys.stdin.readline()); exec(compile(sys.stdin.read(),"kolla-backup","exec"))';

/** JSON without a character above ASCII, for the host's locale decides how Python reads. */
function asciiJson(value: object): string {
  const written = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, written);
}

/** The argv and standard input that run `source`, in which `request` is a dictionary. */
export function sentProgram(source: string, request: object) {
  return { argv: ['python3', '-c', BOOT], stdin: `${asciiJson(request)}\n${source}` } as const;
}
