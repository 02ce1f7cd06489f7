#pragma once

/// Has SQLite count no memory: it takes a lock for every allocation otherwise. To be called before the first connection
/// of the process is opened; does nothing after it.
void baton_sqlite_count_no_memory(void);

struct sqlite3;

/// `sqlite3_open_v2` for a connection that writes its log in large pieces. It has a rollback hook then, which belongs to it.
int baton_sqlite_open_gathering(const char *path, struct sqlite3 **database, int flags);
