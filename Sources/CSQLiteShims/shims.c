#include "CSQLiteShims.h"
#include <sqlite3.h>

void baton_sqlite_count_no_memory(void) {
    // A variadic function, which Swift cannot call.
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
