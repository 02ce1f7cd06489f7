// A VFS whose write-ahead logs gather what is appended to them, and hand it to the system in large pieces: SQLite writes
// a log page by page, each in two calls, which costs the system more than the bytes do.
//
// It follows https://sqlite.org/c3ref/vfs.html and https://sqlite.org/fileformat2.html#the_write_ahead_log. The buffer holds
// something only while its connection has the write lock. Nothing of a transaction that is committed is ever in it: the last
// frame, which carries the size of the database, sends everything off before SQLite announces the commit to readers, and
// before it syncs the file. And what is rolled back is dropped.
#include "CSQLiteShims.h"
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

enum {
    /// SQLite's files take no more in one call.
    CAPACITY = 128 * 1024 - 1,
    FRAME_HEADER = 24,
};

typedef struct {
    sqlite3_file base;
    /// The system's, in the memory behind this.
    sqlite3_file *file;
    unsigned char *bytes;
    /// Where in the file the buffer begins, and how much is in it.
    sqlite3_int64 start;
    int count;
    /// What comes now ends a transaction.
    int is_ending;
    /// Why the transaction cannot be committed, or SQLITE_OK.
    int failure;
} log_file;

static sqlite3_vfs *system_vfs;

/// Should it fail, so does all else until the transaction is rolled back: where a read was the cause, SQLite would take
/// the failure for that statement's alone, and commit a log that lacks what was in the buffer.
static int flush(log_file *log) {
    int count = log->count;
    if (log->failure == SQLITE_OK && count > 0) {
        log->count = 0;
        log->failure = log->file->pMethods->xWrite(log->file, log->bytes, count, log->start);
    }
    return log->failure;
}

static int log_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    log_file *log = (log_file *)file;
    // Pages are larger; and SQLite splits no write, as long as the system says that it leaves bytes beside a write alone.
    if (count == FRAME_HEADER) {
        const unsigned char *size = (const unsigned char *)bytes + 4;
        log->is_ending = (size[0] | size[1] | size[2] | size[3]) != 0;
    }
    if (log->failure != SQLITE_OK) return log->failure;
    if (log->count > 0 && (offset != log->start + log->count || log->count + count > CAPACITY)) {
        int code = flush(log);
        if (code != SQLITE_OK) return code;
    }
    if (count > CAPACITY) return log->file->pMethods->xWrite(log->file, bytes, count, offset);
    if (log->count == 0) log->start = offset;
    memcpy(log->bytes + log->count, bytes, (size_t)count);
    log->count += count;
    return log->is_ending ? flush(log) : SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    log_file *log = (log_file *)file;
    if (log->count > 0 && offset < log->start + log->count && log->start < offset + count) {
        int code = flush(log);
        if (code != SQLITE_OK) return code;
    }
    return log->file->pMethods->xRead(log->file, bytes, count, offset);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
    log_file *log = (log_file *)file;
    int code = flush(log);
    return code == SQLITE_OK ? log->file->pMethods->xTruncate(log->file, size) : code;
}

static int log_sync(sqlite3_file *file, int flags) {
    log_file *log = (log_file *)file;
    int code = flush(log);
    return code == SQLITE_OK ? log->file->pMethods->xSync(log->file, flags) : code;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
    log_file *log = (log_file *)file;
    int code = flush(log);
    return code == SQLITE_OK ? log->file->pMethods->xFileSize(log->file, size) : code;
}

static int log_close(sqlite3_file *file) {
    log_file *log = (log_file *)file;
    // What is still here belongs to a transaction that was never committed.
    log->count = 0;
    sqlite3_free(log->bytes);
    log->bytes = NULL;
    return log->file->pMethods->xClose(log->file);
}

static int log_lock(sqlite3_file *file, int lock) {
    log_file *log = (log_file *)file;
    return log->file->pMethods->xLock(log->file, lock);
}

static int log_unlock(sqlite3_file *file, int lock) {
    log_file *log = (log_file *)file;
    return log->file->pMethods->xUnlock(log->file, lock);
}

static int log_check_reserved_lock(sqlite3_file *file, int *result) {
    log_file *log = (log_file *)file;
    return log->file->pMethods->xCheckReservedLock(log->file, result);
}

static int log_control(sqlite3_file *file, int operation, void *argument) {
    log_file *log = (log_file *)file;
    return log->file->pMethods->xFileControl(log->file, operation, argument);
}

static int log_sector_size(sqlite3_file *file) {
    log_file *log = (log_file *)file;
    return log->file->pMethods->xSectorSize(log->file);
}

static int log_characteristics(sqlite3_file *file) {
    log_file *log = (log_file *)file;
    return log->file->pMethods->xDeviceCharacteristics(log->file);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_reserved_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out) {
    (void)vfs;
    // All but logs are the system's own files, without a detour.
    if ((flags & SQLITE_OPEN_WAL) == 0) return system_vfs->xOpen(system_vfs, name, file, flags, flags_out);
    log_file *log = (log_file *)file;
    memset(log, 0, sizeof *log);
    log->file = (sqlite3_file *)(log + 1);
    log->bytes = sqlite3_malloc(CAPACITY);
    if (log->bytes == NULL) return SQLITE_NOMEM;
    int code = system_vfs->xOpen(system_vfs, name, log->file, flags, flags_out);
    if (code == SQLITE_OK) {
        log->base.pMethods = &log_methods;
    } else {
        if (log->file->pMethods != NULL) log->file->pMethods->xClose(log->file);
        sqlite3_free(log->bytes);
        log->bytes = NULL;
    }
    return code;
}

static sqlite3_vfs gathering_vfs;
static pthread_once_t is_registered = PTHREAD_ONCE_INIT;

static void register_vfs(void) {
    sqlite3_vfs *found = sqlite3_vfs_find(NULL);
    if (found == NULL) return;
    // All other methods are the system's, which look at nothing that is changed here.
    gathering_vfs = *found;
    gathering_vfs.zName = "baton-gathering";
    gathering_vfs.pNext = NULL;
    gathering_vfs.szOsFile = found->szOsFile + (int)sizeof(log_file);
    gathering_vfs.xOpen = open_file;
    if (sqlite3_vfs_register(&gathering_vfs, 0) == SQLITE_OK) system_vfs = found;
}

/// What a transaction wrote that is rolled back must not reach the file: another connection may write there from now on.
static void rolled_back(void *database) {
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (code != SQLITE_OK || file == NULL || file->pMethods != &log_methods) return;
    ((log_file *)file)->count = 0;
    ((log_file *)file)->failure = SQLITE_OK;
}

int baton_sqlite_open_gathering(const char *path, sqlite3 **database, int flags) {
    pthread_once(&is_registered, register_vfs);
    int code = sqlite3_open_v2(path, database, flags, system_vfs == NULL ? NULL : gathering_vfs.zName);
    if (*database != NULL) sqlite3_rollback_hook(*database, rolled_back, *database);
    return code;
}
