// What `npm run demo`, `npm test` and `npm run lab` begin with, in plain JavaScript for whatever Node (20 or newer) is there: brings the
// project's own packages, its own Node among them, and then hands over. Installs nothing outside this folder.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.complete');
const OLDEST_NODE = 20;
/** How long another run's installation is waited for, in seconds. */
const WAIT_SECONDS = 900;

const TARGETS = {
  demo: ['lab/demo.ts'],
  test: ['lab/test.ts'],
  lab: ['lab/kolla/main.ts'],
};

/** What this machine lacks, each with how to get it. Nothing has been changed when this is asked. */
function missing() {
  const lacks = [];
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE)
    lacks.push(`Node ${OLDEST_NODE} or newer (this is ${process.version})`);
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (process.platform !== 'linux' || !/^ID=debian$/m.test(release) || !/^VERSION_ID="12"$/m.test(release))
    lacks.push('Debian 12: run this on such a machine or in a virtual one (the lab is built of its packages)');
  if (process.getuid?.() !== 0)
    lacks.push('root, for network addresses, mounts and namespaces: run it as root (sudo -i)');
  for (const [program, packageName] of [
    ['flock', 'util-linux'],
    ['unshare', 'util-linux'],
    ['python3', 'python3'],
    ['apt-get', 'apt'],
    ['dpkg-deb', 'dpkg'],
  ])
    if (!inPath(program)) lacks.push(`${program}: apt-get install ${packageName}`);
  return lacks;
}

function inPath(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, program)));
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function complete() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash();
}

/** Installs what the lock file names, once: a second run waits for the first, and then finds it done. */
function install() {
  if (complete()) return;
  mkdirSync(modules, { recursive: true });
  const args = [
    '--wait',
    String(WAIT_SECONDS),
    join(root, 'package-lock.json'),
    process.execPath,
    fileURLToPath(import.meta.url),
    'install',
  ];
  const { status } = spawnSync('flock', args, { stdio: 'inherit', cwd: root });
  if (status !== 0)
    stop([
      'The npm packages could not be installed; npm said why above.',
      'Nothing else was changed. Run the same command again.',
    ]);
}

function installLocked() {
  if (complete()) return;
  console.log('Installing npm packages (once) …');
  const { status } = spawnSync('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], {
    stdio: 'inherit',
    cwd: root,
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, lockHash());
}

function stop(lines) {
  for (const line of lines) console.error(line);
  process.exit(2);
}

function handOver(target, rest) {
  const bin = join(modules, '.bin');
  const child = spawn(join(bin, 'node'), [...target, ...rest], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  // Ctrl-C reaches the child by itself; this process only waits for it to clean up.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

const [name, ...rest] = process.argv.slice(2);
if (name === 'install') installLocked();
else {
  const target = TARGETS[name];
  if (target === undefined) stop([`Unknown: ${name}. There are: ${Object.keys(TARGETS).join(', ')}.`]);
  const lacks = missing();
  if (lacks.length > 0) stop(['This needs:', ...lacks.map((one) => `  - ${one}`), 'Nothing was changed.']);
  install();
  handOver(target, rest);
}
