import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';

const REDACT = join(import.meta.dirname, '../../src/hosts/run-directory/redact.py');
/** One case a line: pieces of output in, redacted output out, through the very filter that runs on hosts. */
const DRIVER = `
import json, sys
exec(compile(open(sys.argv[1]).read(), "redact.py", "exec"))
for line in sys.stdin:
    case = json.loads(line)
    values, problems = read_secrets(case["files"])
    redactor = Redactor(values, case["patterns"])
    out = b"".join([redactor.feed(bytes.fromhex(piece)) for piece in case["pieces"]] + [redactor.end()])
    print(json.dumps({"out": out.hex(), "problems": [problem["problem"] for problem in problems]}), flush=True)
`;

let filter: ReturnType<typeof spawn>;
let answers: AsyncIterator<string>;
const dir = mkdtempSync(join(tmpdir(), 'kolla-backup-redact-'));

beforeAll(() => {
  filter = spawn('python3', ['-c', DRIVER, REDACT], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (filter.stdout === null) throw new Error('no output');
  answers = createInterface({ input: filter.stdout })[Symbol.asyncIterator]();
});
afterAll(() => {
  filter.kill();
  rmSync(dir, { recursive: true });
});

async function redact(pieces: readonly Buffer[], files: readonly string[] = [], patterns: readonly string[] = []) {
  const hex = pieces.map((piece) => piece.toString('hex'));
  filter.stdin?.write(`${JSON.stringify({ pieces: hex, files, patterns })}\n`);
  const { value } = await answers.next();
  const { out, problems }: { out: string; problems: string[] } = JSON.parse(value);
  return { text: Buffer.from(out, 'hex').toString('utf8'), problems };
}
const lines = async (text: string) => (await redact([Buffer.from(`${text}\n`)])).text.slice(0, -1);

/** Cuts bytes at any places, in the middle of characters too. */
function cut(data: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (data.length + 1)), data.length].sort((a, b) => a - b);
  return ends.map((end, at) => data.subarray(ends[at - 1] ?? 0, end));
}

const character = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...'abAB01+/=') },
  { weight: 2, arbitrary: fc.constantFrom(...'\'"\\$%&#:@!-_.,;<>{}[]()|* ') },
  { weight: 1, arbitrary: fc.constantFrom(...'äß€😀') },
);
const secret = fc
  .string({ unit: character, minLength: 6, maxLength: 30 })
  .map((text) => text.trim())
  .filter((text) => [...text].length >= 6);
const forms = [
  (value: string) => value,
  (value: string) => JSON.stringify(value),
  (value: string) => JSON.stringify(JSON.stringify({ msg: value })),
  (value: string) => encodeURIComponent(value),
  (value: string) => new URLSearchParams({ q: value }).toString(),
  (value: string) => `'${value.replaceAll("'", "'\\''")}'`,
  (value: string) => Buffer.from(value).toString('base64'),
] as const;
/** Text around secrets that may itself look like parts of them. */
const noise = fc.string({ unit: fc.oneof(character, fc.constantFrom('\n', '\r', ' ')), maxLength: 20 });

describe('values of secret files', () => {
  const places = fc.array(fc.nat(), { maxLength: 12 });
  const pieces = fc.array(fc.tuple(noise, fc.nat(), fc.constantFrom(...forms)), { minLength: 1, maxLength: 8 });

  test('are never in the output, in whichever form and pieces they come', async () => {
    const file = join(dir, 'passwords.yml');
    await fc.assert(
      fc.asyncProperty(fc.array(secret, { minLength: 1, maxLength: 4 }), pieces, places, async (secrets, parts, at) => {
        const named = Object.fromEntries(secrets.map((value, index) => [`p${index}_password`, value]));
        writeFileSync(file, stringify(named, { lineWidth: 0 }));
        const hidden = parts.map(([before, index, form]) => {
          const value = secrets[index % secrets.length] ?? '';
          return { before, value, shown: form(value) };
        });
        const printed = hidden.map(({ before, shown }) => before + shown).join('');
        const { text } = await redact(cut(Buffer.from(printed), at), [file]);
        for (const value of secrets) expect(text).not.toContain(value);
        for (const { shown } of hidden) expect(text).not.toContain(shown);
      }),
      { numRuns: 400 },
    );
  });

  test('of several lines are never in the output, in one piece or line by line', async () => {
    const file = join(dir, 'keys.yaml');
    const key = fc.array(fc.string({ unit: fc.constantFrom(...'abcAB01+/='), minLength: 6, maxLength: 64 }), {
      minLength: 2,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(key, places, fc.constantFrom(2, 4), async (body, at, indent) => {
        const value = body.join('\n');
        writeFileSync(file, stringify({ ssh_key: { private_key: `${value}\n`, public_key: '' }, a: 1 }, { indent }));
        const printed = `x ${JSON.stringify(value)}\n${value}\ny`;
        const { text } = await redact(cut(Buffer.from(printed), at), [file]);
        for (const line of body) expect(text).not.toContain(line);
        expect(text.startsWith('x ') && text.endsWith('\ny\n')).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('a line without an end is left out, and so is not half a secret', async () => {
    const file = join(dir, 'long.yml');
    writeFileSync(file, 'p: hunter2hunter2\n');
    const long = 'x'.repeat(1_048_570);
    const { text } = await redact(cut(Buffer.from(`a\n${long}hunter2hunter2${long}\nb\n`), [1_048_580, 1_090_000]), [
      file,
    ]);
    expect(text).toBe('a\n[a line that was too long was left out]\nb\n');
  });

  test('one that appears when another is taken out is taken out too', async () => {
    const file = join(dir, 'nested.yml');
    writeFileSync(file, "a: 'abc***def'\nb: hunter2hunter2\nc: 'gh***ij'\nd: 'kl***mn'\n");
    expect((await redact([Buffer.from('1 klghabchunter2hunter2defijmn 2')], [file])).text).toBe('1 *** 2\n');
  });

  test('files that cannot be read are told', async () => {
    const vault = join(dir, 'vault.yml');
    writeFileSync(vault, 'a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\nb: hunter2hunter2\n');
    const large = join(dir, 'large.yml');
    writeFileSync(large, 'x'.repeat(1024 * 1024 + 1));
    const { text, problems } = await redact([Buffer.from('hunter2hunter2')], [vault, large, join(dir, 'none'), dir]);
    expect([text, problems]).toEqual(['***\n', ['vault', 'too_large', 'unreadable', 'unreadable']]);
  });
});

describe('patterns', () => {
  test.each([
    ['mysql -uroot -pabc123 -e x', 'mysql -uroot -p*** -e x'],
    ['["mysql", "-pabc 123", "x"]', '["mysql", "-p*** 123", "x"]'],
    ['database_password: abc', 'database_password: ***'],
    ['"keystone_admin_password": "abc \\"d\\" e", "x": 1', '"keystone_admin_password": ***, "x": 1'],
    ['{\\"login_password\\": \\"abc d\\", \\"x\\": 1}', '{\\"login_password\\": ***, \\"x\\": 1}'],
    ["{'login_password': 'abc', 'x': 1}", "{'login_password': ***, 'x': 1}"],
    [
      'MYSQL_PASSWORD=abc DB_ROOT_PASSWORD="a b" MYSQL_PWD=c x',
      'MYSQL_PASSWORD=*** DB_ROOT_PASSWORD=*** MYSQL_PWD=*** x',
    ],
    ['--password=abc --password abc --pass "a b" x', '--password=*** --password *** --pass *** x'],
    ['password: "never closed', 'password: ***'],
    ['mysql+pymysql://nova:abc@10.0.0.1/nova', 'mysql+pymysql://nova:***@10.0.0.1/nova'],
    ["ALTER USER x IDENTIFIED BY 'abc d';", 'ALTER USER x IDENTIFIED BY ***;'],
    ['wsrep_sst_auth=root:abc', 'wsrep_sst_auth=***'],
    ['Authorization: Basic YWJj', 'Authorization: Basic ***'],
    [
      'a\n-----BEGIN RSA PRIVATE KEY-----\nabc\nx==\n-----END RSA PRIVATE KEY-----\nb',
      'a\n-----BEGIN RSA PRIVATE KEY-----***\n***\n***\n***-----END RSA PRIVATE KEY-----\nb',
    ],
    [
      '"-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----"',
      '"-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----"',
    ],
    ['-----BEGIN PRIVATE KEY-----\nabc\nTASK [no end] ok', '-----BEGIN PRIVATE KEY-----***\n***\nTASK [no end] ok'],
  ])('%s', async (text, expected) => {
    expect(await lines(text)).toBe(expected);
  });

  test('what is no secret stays', async () => {
    const text = [
      'TASK [mariadb : Ensure the password file is absent] ***',
      'ansible-playbook -i /etc/kolla/multinode site.yml --tags mariadb',
      'changed: [node1] => {"changed": true, "msg": "http://10.0.0.1:8080/path"}',
      'find / -path x; mysqld --datadir=/var/lib/mysql --port 3306',
    ];
    const kept = (await lines(text.join('\n'))).split('\n');
    expect(kept.slice(0, 3)).toEqual(text.slice(0, 3));
    expect(kept[3]).toBe('find / -p*** x; mysqld --datadir=/var/lib/mysql --port 3306');
  });

  test('a hostile line is done with', async () => {
    for (const unit of [
      'password: "',
      '-----BEGIN PRIVATE KEY-----',
      'identified by ',
      '--pass',
      'a',
      '\\',
      "'",
      'a://b:',
      '%41',
      '%',
    ])
      await redact([Buffer.from(unit.repeat(Math.floor(65_000 / unit.length)))]);
  });
});
