#pragma once

/// Has SQLite count no memory: it takes a lock for every allocation otherwise. To be called before the first connection
/// of the process is opened; does nothing after it.
void baton_sqlite_count_no_memory(void);
