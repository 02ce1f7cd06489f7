// Load for an orchestrator: starts executions over AMQP and counts those that came to their end.
//
// With --open N so many are open at any time. With --rate R they are started on schedule, whether or not earlier ones
// have ended, and latency counts from when a start was due: a stall counts for all that should have begun during it.
// With --park they are only started, and nobody waits for their end. With --batch the starts that are due at the same
// moment are one message, up to 100 of them, and so the replies may be.
#define _GNU_SOURCE
#include "link.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct options {
    const char *host, *machine, *start_queue;
    int port, count, open, payload;
    bool park, batch;
    double rate;
} options_t;

static options_t parse(int argc, char **argv) {
    options_t options = {"127.0.0.1", NULL, "baton.start", 5672, 1000, 1, 200, false, false, 0};
    static const struct option known[] = {
        {"host", 1, 0, 'h'}, {"port", 1, 0, 'p'}, {"machine", 1, 0, 'm'}, {"start-queue", 1, 0, 'q'},
        {"count", 1, 0, 'n'}, {"open", 1, 0, 'o'}, {"rate", 1, 0, 'r'}, {"payload", 1, 0, 'b'}, {"park", 0, 0, 'k'},
        {"batch", 0, 0, 't'}, {0}};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
            case 'h': options.host = optarg; break;
            case 'p': options.port = atoi(optarg); break;
            case 'm': options.machine = optarg; break;
            case 'q': options.start_queue = optarg; break;
            case 'n': options.count = atoi(optarg); break;
            case 'o': options.open = atoi(optarg); break;
            case 'r': options.rate = atof(optarg); break;
            case 'k': options.park = true; break;
            case 't': options.batch = true; break;
            case 'b': options.payload = atoi(optarg); break;
            default: die("usage", "load --machine NAME [--port P] [--count N] [--open N | --rate R | --park] …");
        }
    }
    if (!options.machine) die("--machine", "which state machine?");
    if (options.payload < 30 || options.payload > 262144) die("--payload", "30 to 262144 bytes");
    if (options.count < 1 || options.open < 1) die("--count, --open", "1 or more");
    if (options.rate > 0) options.open = options.count;
    return options;
}

// Starts that nobody waits for: over when the broker has confirmed all of them.
static void park(const options_t *options, link_t *link, const amqp_table_entry_t *header, const char *body) {
    delivery_t *none = malloc(sizeof *none);
    char name[64];
    double beginning = now_seconds();
    while (link->confirmed < (uint64_t)options->count) {
        link_cork(link, true);
        while (link->published < (uint64_t)options->count && link->published - link->confirmed < 2000) {
            snprintf(name, sizeof name, "parked-%d-%llu", getpid(), (unsigned long long)link->published);
            amqp_basic_properties_t properties = {
                ._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
                .headers = {1, (amqp_table_entry_t *)header},
                .message_id = amqp_cstring_bytes(name),
            };
            link_publish(link, options->start_queue, link->published, NULL, &properties, body, strlen(body));
        }
        link_cork(link, false);
        if (link_next(link, 60, none) == LINK_NOTHING) die("waiting for confirms", "none came within a minute");
    }
    printf("{\"started\":%d,\"seconds\":%.3f}\n", options->count, now_seconds() - beginning);
}

// Starts that leave together, as one message. Its format is that of docs/worker-protocol.md, "Batches".
typedef struct group {
    char *bytes;
    size_t size;
    int count, first;
} group_t;

enum { GROUP_MOST = 100, GROUP_BYTES = 1 << 20 };

static void group_add(group_t *group, int number, const char *name, const char *body, size_t size) {
    char head[128];
    int length = snprintf(head, sizeof head, "{\"message_id\":\"%s\",\"correlation_id\":\"%d\"}", name, number);
    if (group->count == 0) group->first = number;
    group->size += (size_t)sprintf(group->bytes + group->size, "%d %zu\n%s", length, size, head);
    memcpy(group->bytes + group->size, body, size);
    group->size += size;
    group->count += 1;
}

static void start_one(link_t *link, const options_t *options, amqp_table_entry_t *header, const char *replies,
                      int number, const char *name, const char *body) {
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
        .headers = {1, header},
        .message_id = amqp_cstring_bytes(name),
    };
    link_publish(link, options->start_queue, (uint64_t)number, replies, &properties, body, strlen(body));
}

static void group_send(group_t *group, link_t *link, const options_t *options, amqp_table_entry_t *header,
                       const char *replies, bool if_full) {
    bool is_full = group->count == GROUP_MOST || group->size + (size_t)options->payload + 256 > GROUP_BYTES;
    if (group->count == 0 || (if_full && !is_full)) return;
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
        .headers = {1, header},
        .type = amqp_cstring_bytes("batch"),
        .content_type = amqp_cstring_bytes("application/octet-stream"),
    };
    link_publish(link, options->start_queue, (uint64_t)group->first, replies, &properties, group->bytes, group->size);
    group->size = 0;
    group->count = 0;
}

// What is known of the executions.
typedef struct tally {
    double *began, *latencies;
    int count, ended, failed, twice;
} tally_t;

static void tally_end(tally_t *tally, uint64_t number, bool success) {
    if (number >= (uint64_t)tally->count) return;
    if (tally->latencies[number] != 0) tally->twice += 1;
    else tally->ended += 1;
    tally->latencies[number] = (now_seconds() - tally->began[number]) * 1e3;
    tally->failed += !success;
}

static void tally_batch(tally_t *tally, const char *bytes, size_t size) {
    const char *end = bytes + size;
    while (bytes < end) {
        char *rest;
        size_t head = strtoul(bytes, &rest, 10), body = strtoul(rest, &rest, 10);
        bytes = rest + 1;
        if (*rest != '\n' || head == 0 || head + body > (size_t)(end - bytes)) die("read a batch", "it is malformed");
        static const char key[] = "\"correlation_id\":\"";
        const char *number = memmem(bytes, head, key, sizeof key - 1);
        if (!number) die("read a batch", "a reply has no correlation id");
        bool success = memmem(bytes, head, "\"type\":\"success\"", 16) != NULL;
        tally_end(tally, strtoull(number + sizeof key - 1, NULL, 10), success);
        bytes += head + body;
    }
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    options_t options = parse(argc, argv);
    link_t link;
    link_open(&link, options.host, options.port, 2000);
    char replies[64];
    snprintf(replies, sizeof replies, "load.%d", getpid());
    link_declare(&link, replies, "transient");
    link_consume(&link, replies);

    tally_t tally = {.count = options.count};
    tally.began = calloc((size_t)options.count, sizeof *tally.began);
    tally.latencies = calloc((size_t)options.count, sizeof *tally.latencies);
    group_t group = {.bytes = malloc(GROUP_BYTES)};
    char *body = malloc((size_t)options.payload + 1), name[64];
    snprintf(body, (size_t)options.payload + 1, "{\"user\":{\"name\":\"%0*d\"}}", options.payload - 22, 0);
    amqp_table_entry_t header = {
        .key = amqp_cstring_bytes("baton-state-machine"),
        .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(options.machine)},
    };
    if (options.park) {
        park(&options, &link, &header, body);
        link_close(&link);
        return 0;
    }
    delivery_t *reply = malloc(sizeof *reply);
    int started = 0;
    long long run = (long long)(now_seconds() * 1000);
    double beginning = now_seconds();

    while (tally.ended < options.count) {
        link_cork(&link, true);
        double now = now_seconds(), due = 0;
        for (; started < options.count && started - tally.ended < options.open; started++) {
            due = options.rate > 0 ? beginning + started / options.rate : now;
            if (due > now) break;
            tally.began[started] = due;
            snprintf(name, sizeof name, "load-%d-%lld-%d", getpid(), run, started);
            if (options.batch) {
                group_add(&group, started, name, body, strlen(body));
                group_send(&group, &link, &options, &header, replies, true);
            } else {
                start_one(&link, &options, &header, replies, started, name, body);
            }
        }
        group_send(&group, &link, &options, &header, replies, false);
        link_cork(&link, false);
        double patience = options.rate > 0 && started < options.count ? due - now : 60;
        uint64_t tag = 0;
        for (link_event_t event; (event = link_next(&link, patience < 0 ? 0 : patience, reply)) != LINK_NOTHING;) {
            if (event == LINK_DELIVERY) {
                tag = reply->tag;
                if (reply->batch) tally_batch(&tally, reply->body, reply->size);
                else tally_end(&tally, reply->correlation, reply->success);
            }
            patience = 0;
        }
        if (patience == 60) die("waiting for the end of executions", "none ended within a minute");
        if (tag) link_acknowledge(&link, tag);
    }
    double seconds = now_seconds() - beginning;

    double *latencies = tally.latencies;
    qsort(latencies, (size_t)options.count, sizeof *latencies, compare);
    printf("{\"completed\":%d,\"failed\":%d,\"twice\":%d,\"seconds\":%.3f,\"per_second\":%.1f,"
           "\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
           tally.ended, tally.failed, tally.twice, seconds, tally.ended / seconds, latencies[options.count / 2],
           latencies[options.count * 99 / 100]);
    link_close(&link);
    return tally.failed || tally.twice;
}
