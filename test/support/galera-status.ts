/** What a full member of a whole cluster of three says of itself, by name. */
export const memberStatus = (uuid: string, changes: Readonly<Record<string, string>> = {}) => ({
  wsrep_cluster_status: 'Primary',
  wsrep_local_state_comment: 'Synced',
  wsrep_ready: 'ON',
  wsrep_connected: 'ON',
  wsrep_cluster_size: '3',
  wsrep_cluster_state_uuid: uuid,
  wsrep_local_state_uuid: uuid,
  ...changes,
});
