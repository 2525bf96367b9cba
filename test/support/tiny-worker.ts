import { pino } from 'pino';
import { startWorker } from '../../src/engine/worker.ts';
import { localHost } from '../../src/hosts/local.ts';
import { PROGRAM, runDirectory } from '../../src/hosts/run-directory.ts';
import { parseConfig } from '../../src/load-config.ts';
import { leaveAll, untilSignalled } from '../../src/run.ts';

/** A worker process of its own for the smallest cloud, so that tests can kill it. Arguments: Redis, config as JSON, key. */
const [redisUrl = '', configText = '', key = ''] = process.argv.slice(2);
const config = parseConfig('tiny', configText);
const log = pino({ level: 'info' }, pino.destination({ dest: 2, sync: true }));
const host = localHost({ name: 'deploy', sudo: false });
/** What a test puts into the host's program, before the act that decides: a slow disk, or a sudden death. */
const before = process.env['TINY_BEFORE_BEGUN'] ?? '';
const DECIDES = '        os.mkdir(os.path.join(path, "begun"), 0o700)\n';
const program = before === '' ? PROGRAM : PROGRAM.replace(DECIDES, `        ${before}\n${DECIDES}`);
const hosts = { deploy: host, node: () => host, runs: () => runDirectory(host, config.run_directory, program) };
const worker = await startWorker({
  config,
  redisUrl,
  ring: { current: 'k', keys: { k: key } },
  log,
  hostsOf: () => hosts,
});
const signalled = untilSignalled(log);
process.stdout.write('ready\n');
await signalled;
process.exit(await leaveAll([worker], log));
