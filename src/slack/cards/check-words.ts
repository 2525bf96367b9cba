import type { Check, CheckName } from '../../operation/checks.ts';

/** What a plan's checks ask, in words for those who approve it. */
const WORDS: { readonly [K in CheckName]: (check: Extract<Check, { check: K }>) => string } = {
  'backup-host-synced': ({ host }) => `${host} is Primary and Synced`,
  'nobody-else': ({ nodes }) => `nobody else runs mariabackup on ${nodesOf(nodes)} or kolla-ansible on the deploy host`,
  'lock-on-this-node': ({ node }) => `mariabackup takes its lock on ${node.node} itself`,
  'archives-listed': ({ nodes }) => `the archives on ${nodesOf(nodes)} are listed`,
  'backup-base': ({ node, type }) =>
    type === 'full'
      ? `the datadir of ${node.node} is noted`
      : `a proven full of the very datadir of ${node.node} is there, with no restore since`,
  'backup-noted': ({ node }) => `image, schemas and tables of ${node.node} are noted`,
  'room-for-archive': ({ node, unpackedIn }) =>
    `${node.node} has room for another archive${unpackedIn === undefined ? '' : ', and for the full that it builds on, unpacked'}`,
  'one-host-changed': ({ host }) => `kolla-ansible reports changed by ${host} alone`,
  'new-archive': ({ node }) => `one new archive lies on ${node.node}`,
  'archive-complete': ({ node, type }) =>
    `that archive on ${node.node} is complete${type === 'incremental' ? ' and continues a proven chain' : ''}`,
  reported: ({ program, host }) => `the program ${program} on ${host} reports that it did it`,
  'playbook-ended': ({ action, nodes, host }) =>
    `Ansible reached and did the ${action} on ${nodes.join(', ')}${host === null ? '' : `, from ${host}`}`,
  'archive-whole': ({ node, path, type, lsns }) =>
    `the ${type} archive ${path} on ${node.node} is there and complete${lsns === null ? '' : ` (LSN ${lsns.from} to ${lsns.to})`}`,
  'copy-stands-at': ({ lsn }) => `the copy stands at LSN ${lsn}, where the chosen archive ends`,
  'copy-belongs': ({ olderSchemas }) =>
    `the copy is of this cloud and not empty${olderSchemas ? ' (older schemas are meant)' : ', with no older schemas'}`,
  'nodes-as-planned': ({ nodes }) =>
    `machine, datadir and image are as planned on ${nodes.map(({ node, old }) => `${node.node} (datadir ${old.join(':')})`).join(', ')}`,
  'copy-unchanged': ({ node, data, manifest }) => `${data} on ${node} is what was tried (manifest ${manifest})`,
  'service-as-planned': ({ served }) => (served ? 'the cluster had service' : 'the cluster is still without service'),
  'journals-remembered': ({ hosts }) => `${hosts.join(', ')} and the thread remember no more than the journals`,
  'nodes-down': ({ nodes }) => `MariaDB was seen down a moment ago on ${nodesOf(nodes)}`,
  'nodes-gone': ({ gone }) =>
    `${gone.map(({ name }) => name).join(', ')} answers neither by SSH nor to Ansible, and is in nobody’s cluster`,
  'most-advanced': ({ node }) =>
    `by the positions read when they were held, no node has more of the old data than ${node}`,
  'none-further': () => 'by the positions read when they were held, no node went further than the one recovered from',
  'nobody-else-now': ({ nodes }) => `nobody runs a backup on ${nodesOf(nodes)} or kolla-ansible on the deploy host`,
  'another-serves': ({ host }) => `${host} is not Primary, or another node is Primary and Synced`,
  'newer-full': ({ after }) => `a full backup exists that was proved after ${new Date(after).toISOString()}`,
  'service-back': ({ node, address }) =>
    `${node.node} is Primary and Synced${address === null ? '' : `, and ${address.host}:${address.port} answers SQL`}`,
  'cluster-whole': ({ nodes, is, not, gone }) =>
    `${nodesOf(nodes)} are Primary and Synced with one UUID${is === null ? '' : ` (${is})`}${not === null ? '' : `, another than ${not}`}${gone === undefined ? '' : ', with or without the node that is gone'}`,
  'databases-as-shown': ({ node }) => `the databases on ${node.node} are those that the trial start had shown`,
  'synced-lines': ({ nodes }) => `the lines of the log on ${nodesOf(nodes)} are shown`,
};

const nodesOf = (nodes: readonly { readonly node: string }[]) => nodes.map(({ node }) => node).join(', ');

export function checkWords(check: Check): string {
  // Each check goes to its own words; the table can't tell the compiler so.
  return (WORDS[check.check] as (check: Check) => string)(check);
}
