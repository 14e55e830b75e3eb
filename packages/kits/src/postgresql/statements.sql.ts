/** Every SQL text of the kit. None takes anything but bound parameters. */

/** Real use of the server by a check: a catalogue in shared memory, and whether it may write. */
export const askHealth =
  'SELECT pg_is_in_recovery() AS recovering, pg_backend_pid() AS backend, count(*)::int AS databases FROM pg_database';

export const listDatabases = 'SELECT datname FROM pg_database ORDER BY datname LIMIT 1000';

export const readCatalogs =
  'SELECT (SELECT count(*) FROM pg_class) > 0 AND (SELECT count(*) FROM pg_roles) > 0 AS readable, ' +
  'rolsuper AS superuser FROM pg_roles WHERE rolname = current_user';

/** Configuration files as the server uses them; empty for users who may not see them. */
export const configurationFiles =
  "SELECT name, setting FROM pg_settings WHERE name IN ('config_file', 'hba_file', 'ident_file')";

/** How far the write-ahead log has been written; fails on a server in recovery. */
export const walPosition = 'SELECT pg_current_wal_lsn()::text AS position';
/**
 * As configured, whatever this session has: a session by a socket shows no keepalives of its own. Numbers are in the
 * setting's own unit.
 */
export const configuredSettings =
  'SELECT name, coalesce(reset_val, setting) AS value FROM pg_settings WHERE name IN (' +
  "'recovery_init_sync_method', 'checkpoint_timeout', 'max_wal_size', 'tcp_user_timeout', 'tcp_keepalives_idle', " +
  "'superuser_reserved_connections', 'fsync', 'full_page_writes', 'shared_buffers', 'server_version')";

export const checkpoint = 'CHECKPOINT';

export const listenAddresses = 'SHOW listen_addresses';
