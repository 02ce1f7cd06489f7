// A connection to the broker, read frame by frame, so that deliveries and confirms can come in any order.
#pragma once
#include <amqp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct link {
    amqp_connection_state_t connection;
    int socket;
    uint64_t published;  // how many messages were published
    uint64_t confirmed;  // up to which the broker has confirmed them, without a gap
    bool *early;         // confirms that came before their turn, by number modulo `early_size`
    size_t early_size;
} link_t;

typedef struct delivery {
    uint64_t tag;
    uint64_t correlation;  // our correlation ids are numbers
    bool success;          // its type is "success"
    bool batch;            // its type is "batch": its body holds messages
    char reply_to[64];
    size_t size;
    char body[1 << 20];
} delivery_t;

// What `link_next` found.
typedef enum { LINK_NOTHING, LINK_DELIVERY, LINK_CONFIRM } link_event_t;

_Noreturn void die(const char *what, const char *why);
double now_seconds(void);

// Opens connection and channel, with publisher confirms and the given prefetch.
void link_open(link_t *link, const char *host, int port, int prefetch);
void link_close(link_t *link);
// A queue: "quorum", "classic" (durable) or "transient" (exclusive).
void link_declare(link_t *link, const char *queue, const char *type);
void link_delete(link_t *link, const char *queue);
void link_consume(link_t *link, const char *queue);
// Waits at most `seconds` (0: not at all) for the next delivery or confirm.
link_event_t link_next(link_t *link, double seconds, delivery_t *into);
// Between these, what is published leaves in as few packets as possible.
void link_cork(link_t *link, bool on);
void link_publish(link_t *link, const char *queue, uint64_t correlation, const char *reply_to,
                  const amqp_basic_properties_t *more, const void *body, size_t size);
// Acknowledges all deliveries up to this one.
void link_acknowledge(link_t *link, uint64_t tag);
