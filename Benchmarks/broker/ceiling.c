// What broker and disk allow: workflows of a number of steps, each done by an echoing worker process, with nothing but
// what has to happen. The results that gathered are drained and committed in one SQLite transaction with
// synchronous=FULL; only then the next tasks are published, with confirms, and the results acknowledged.
#include "link.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAXIMUM_STEPS = 8, LARGEST_BATCH = 1000 };

typedef struct options {
    const char *host, *directory, *type;
    int port, count, open, steps, payload, prefetch;
} options_t;

typedef struct workflow {
    int step;
    double began, ended;
} workflow_t;

static sqlite3 *database;

static void run(const char *sql) {
    char *error = NULL;
    if (sqlite3_exec(database, sql, NULL, NULL, &error)) die("SQLite", error);
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL)) die("SQLite", sqlite3_errmsg(database));
    return statement;
}

static void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) die("SQLite", sqlite3_errmsg(database));
    sqlite3_reset(statement);
}

// Echoes every task into the queue that it names; acknowledges it when the broker has confirmed the answer.
_Noreturn static void work(const options_t *options, const char *queue) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    link_t link;
    link_open(&link, options->host, options->port, options->prefetch);
    link_consume(&link, queue);
    delivery_t *task = malloc(sizeof *task);
    uint64_t *tags = malloc(sizeof *tags * link.early_size), acknowledged = 0;
    for (;;) {
        double patience = 3600;
        int batch = 0;
        link_event_t event;
        while (batch < options->prefetch && (event = link_next(&link, patience, task)) != LINK_NOTHING) {
            if (event == LINK_DELIVERY) {
                if (batch == 0) link_cork(&link, true);
                link_publish(&link, task->reply_to, task->correlation, NULL, NULL, task->body, task->size);
                tags[link.published % link.early_size] = task->tag;
                batch += 1;
            }
            patience = 0;
        }
        if (link.confirmed > acknowledged) {
            link_acknowledge(&link, tags[link.confirmed % link.early_size]);
            acknowledged = link.confirmed;
        }
        link_cork(&link, false);
    }
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static options_t parse(int argc, char **argv) {
    options_t options = {"127.0.0.1", ".", "quorum", 5672, 5000, 2000, 4, 200, 1000};
    static const struct option known[] = {
        {"host", 1, 0, 'h'}, {"port", 1, 0, 'p'},  {"directory", 1, 0, 'd'}, {"queues", 1, 0, 'q'}, {"count", 1, 0, 'n'},
        {"open", 1, 0, 'o'}, {"steps", 1, 0, 's'}, {"payload", 1, 0, 'b'},   {"prefetch", 1, 0, 'f'}, {0}};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
            case 'h': options.host = optarg; break;
            case 'd': options.directory = optarg; break;
            case 'q': options.type = optarg; break;
            case 'p': options.port = atoi(optarg); break;
            case 'n': options.count = atoi(optarg); break;
            case 'o': options.open = atoi(optarg); break;
            case 's': options.steps = atoi(optarg); break;
            case 'b': options.payload = atoi(optarg); break;
            case 'f': options.prefetch = atoi(optarg); break;
            default: die("usage", "ceiling [--port P] [--count N] [--open N] [--steps 1…8] [--payload BYTES] …");
        }
    }
    if (options.steps < 1 || options.steps > MAXIMUM_STEPS) die("--steps", "1 to 8");
    if (options.payload < 1 || options.payload > 262144) die("--payload", "1 to 262144 bytes");
    if (options.open > options.count) options.open = options.count;
    return options;
}

int main(int argc, char **argv) {
    options_t options = parse(argc, argv);

    char path[4096];
    snprintf(path, sizeof path, "%s/ceiling-%d.db", options.directory, getpid());
    if (sqlite3_open(path, &database)) die(path, "cannot be opened");
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE workflow(id INTEGER PRIMARY KEY, step INTEGER, status TEXT, data BLOB);"
        "CREATE TABLE history(workflow INTEGER, number INTEGER, data BLOB, PRIMARY KEY(workflow, number)) WITHOUT ROWID;");
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *insert = prepare("INSERT INTO workflow VALUES(?, 0, 'RUNNING', ?)");
    sqlite3_stmt *update = prepare("UPDATE workflow SET step = ?, status = ? WHERE id = ?");
    sqlite3_stmt *record = prepare("INSERT INTO history VALUES(?, ?, ?)");

    link_t link;
    link_open(&link, options.host, options.port, options.prefetch);
    char queues[MAXIMUM_STEPS][64], results[64];
    snprintf(results, sizeof results, "ceiling.%d.results", getpid());
    link_declare(&link, results, options.type);
    pid_t workers[MAXIMUM_STEPS];
    for (int i = 0; i < options.steps; i++) {
        snprintf(queues[i], sizeof queues[i], "ceiling.%d.%d", getpid(), i);
        link_declare(&link, queues[i], options.type);
        if (!(workers[i] = fork())) work(&options, queues[i]);
    }
    link_consume(&link, results);
    usleep(300000);

    workflow_t *workflows = calloc((size_t)options.count, sizeof *workflows);
    int *next = malloc(sizeof *next * (size_t)(LARGEST_BATCH + options.open)), started = 0, ended = 0;
    char *body = malloc((size_t)options.payload + 1);
    memset(body, 'x', (size_t)options.payload);
    body[0] = body[options.payload - 1] = '"';
    delivery_t *result = malloc(sizeof *result);
    long commits = 0;
    double beginning = now_seconds();

    while (ended < options.count) {
        int count = 0, finished = 0;
        uint64_t tag = 0;
        double patience = started - ended < options.open && started < options.count ? 0 : 60;
        for (int drained = 0; drained < LARGEST_BATCH;) {
            link_event_t event = link_next(&link, patience, result);
            if (event == LINK_NOTHING) break;
            if (event == LINK_CONFIRM) continue;
            if (drained++ == 0) step(begin);
            patience = 0;
            tag = result->tag;
            int id = (int)result->correlation;
            workflow_t *workflow = &workflows[id];
            workflow->step += 1;
            bool last = workflow->step == options.steps;
            sqlite3_bind_int(update, 1, workflow->step);
            sqlite3_bind_text(update, 2, last ? "SUCCEEDED" : "RUNNING", -1, SQLITE_STATIC);
            sqlite3_bind_int(update, 3, id);
            step(update);
            sqlite3_bind_int(record, 1, id);
            sqlite3_bind_int(record, 2, workflow->step);
            sqlite3_bind_blob(record, 3, result->body, (int)result->size, SQLITE_STATIC);
            step(record);
            if (last) next[options.open + LARGEST_BATCH - ++finished] = id;
            else next[count++] = id;
        }
        for (; started - ended - finished < options.open && started < options.count; started++) {
            if (!tag && !count) step(begin);
            sqlite3_bind_int(insert, 1, started);
            sqlite3_bind_blob(insert, 2, body, options.payload, SQLITE_STATIC);
            step(insert);
            workflows[started].began = now_seconds();
            next[count++] = started;
            if (count >= LARGEST_BATCH) { started++; break; }
        }
        if (!tag && !count) die("waiting for results", "none came within a minute");
        step(commit);
        commits += 1;
        double committed = now_seconds();
        for (int i = 1; i <= finished; i++) workflows[next[options.open + LARGEST_BATCH - i]].ended = committed;
        ended += finished;
        link_cork(&link, true);
        for (int i = 0; i < count; i++)
            link_publish(&link, queues[workflows[next[i]].step], (uint64_t)next[i], results, NULL, body,
                         (size_t)options.payload);
        if (tag) link_acknowledge(&link, tag);
        link_cork(&link, false);
    }
    double seconds = now_seconds() - beginning;

    double *latencies = malloc(sizeof *latencies * (size_t)options.count);
    for (int i = 0; i < options.count; i++) latencies[i] = (workflows[i].ended - workflows[i].began) * 1e3;
    qsort(latencies, (size_t)options.count, sizeof *latencies, compare);
    printf("{\"completed\":%d,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"commits\":%ld}\n",
           ended, seconds, ended / seconds, latencies[options.count / 2], latencies[options.count * 99 / 100], commits);

    for (int i = 0; i < options.steps; i++) {
        kill(workers[i], SIGTERM);
        waitpid(workers[i], NULL, 0);
        link_delete(&link, queues[i]);
    }
    link_delete(&link, results);
    link_close(&link);
    sqlite3_close(database);
    for (const char **suffix = (const char *[]){"", "-wal", "-shm", NULL}; *suffix; suffix++) {
        char file[4200];
        snprintf(file, sizeof file, "%s%s", path, *suffix);
        if (unlink(file) && errno != ENOENT) perror(file);
    }
}
