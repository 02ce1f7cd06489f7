#pragma once

/// Has SQLite count no memory: it takes a lock for every allocation otherwise. To be called before the first connection
/// of the process is opened; does nothing after it.
void baton_sqlite_count_no_memory(void);

/// The name of a VFS for `sqlite3_open_v2` that writes logs in large pieces, registered by the first call; NULL, which is
/// the system's own, where there is none. Not from two threads at once.
const char *baton_sqlite_gathering_vfs(void);
