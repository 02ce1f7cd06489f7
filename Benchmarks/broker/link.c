#include "link.h"
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void die(const char *what, const char *why) {
    fprintf(stderr, "error: %s: %s\n", what, why);
    exit(1);
}

double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(amqp_rpc_reply_t reply, const char *what) {
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
        if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
            amqp_channel_close_t *close = reply.reply.decoded;
            char text[256];
            snprintf(text, sizeof text, "%.*s", (int)close->reply_text.len, (char *)close->reply_text.bytes);
            die(what, text);
        }
        die(what, "the broker closed the connection");
    }
    die(what, amqp_error_string2(reply.library_error));
}

static void check_status(int status, const char *what) {
    if (status != AMQP_STATUS_OK) die(what, amqp_error_string2(status));
}

void link_open(link_t *link, const char *host, int port, int prefetch) {
    memset(link, 0, sizeof *link);
    link->early_size = 1 << 20;
    link->early = calloc(link->early_size, sizeof *link->early);
    link->connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(link->connection);
    if (!link->early || !socket) die("connect", "out of memory");
    check_status(amqp_socket_open(socket, host, port), "connect");
    link->socket = amqp_socket_get_sockfd(socket);
    check(amqp_login(link->connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "log in");
    amqp_channel_open(link->connection, 1);
    check(amqp_get_rpc_reply(link->connection), "open a channel");
    amqp_confirm_select(link->connection, 1);
    check(amqp_get_rpc_reply(link->connection), "ask for confirms");
    amqp_basic_qos(link->connection, 1, 0, (uint16_t)prefetch, 0);
    check(amqp_get_rpc_reply(link->connection), "set the prefetch");
}

void link_close(link_t *link) {
    amqp_connection_close(link->connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(link->connection);
    free(link->early);
}

void link_declare(link_t *link, const char *queue, const char *type) {
    bool transient = !strcmp(type, "transient");
    amqp_table_entry_t entry = {
        .key = amqp_cstring_bytes("x-queue-type"),
        .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(transient ? "classic" : type)},
    };
    amqp_table_t arguments = {1, &entry};
    amqp_queue_declare(link->connection, 1, amqp_cstring_bytes(queue), 0, !transient, transient, 0, arguments);
    check(amqp_get_rpc_reply(link->connection), queue);
}

void link_delete(link_t *link, const char *queue) {
    amqp_queue_delete(link->connection, 1, amqp_cstring_bytes(queue), 0, 0);
    check(amqp_get_rpc_reply(link->connection), queue);
}

void link_consume(link_t *link, const char *queue) {
    amqp_basic_consume(link->connection, 1, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check(amqp_get_rpc_reply(link->connection), queue);
}

static void confirm(link_t *link, const amqp_basic_ack_t *ack) {
    if (ack->multiple) {
        while (link->confirmed < ack->delivery_tag) {
            link->confirmed += 1;
            link->early[link->confirmed % link->early_size] = false;
        }
    } else {
        link->early[ack->delivery_tag % link->early_size] = true;
    }
    while (link->early[(link->confirmed + 1) % link->early_size]) {
        link->confirmed += 1;
        link->early[link->confirmed % link->early_size] = false;
    }
}

static void copy(char *into, size_t room, amqp_bytes_t from) {
    size_t size = from.len < room - 1 ? from.len : room - 1;
    memcpy(into, from.bytes, size);
    into[size] = 0;
}

static void read_content(link_t *link, delivery_t *into) {
    amqp_frame_t frame;
    check_status(amqp_simple_wait_frame(link->connection, &frame), "read a message");
    amqp_basic_properties_t *properties = frame.payload.properties.decoded;
    char number[32] = "";
    if (properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG) copy(number, sizeof number, properties->correlation_id);
    into->correlation = strtoull(number, NULL, 10);
    into->reply_to[0] = 0;
    if (properties->_flags & AMQP_BASIC_REPLY_TO_FLAG)
        copy(into->reply_to, sizeof into->reply_to, properties->reply_to);
    char type[16] = "";
    if (properties->_flags & AMQP_BASIC_TYPE_FLAG) copy(type, sizeof type, properties->type);
    into->success = !strcmp(type, "success");
    into->batch = !strcmp(type, "batch");
    size_t expected = frame.payload.properties.body_size;
    if (expected > sizeof into->body) die("read a message", "its body is too large");
    for (into->size = 0; into->size < expected;) {
        check_status(amqp_simple_wait_frame(link->connection, &frame), "read a message");
        amqp_bytes_t part = frame.payload.body_fragment;
        memcpy(into->body + into->size, part.bytes, part.len);
        into->size += part.len;
    }
}

link_event_t link_next(link_t *link, double seconds, delivery_t *into) {
    amqp_frame_t frame;
    amqp_maybe_release_buffers(link->connection);
    struct timeval patience = {(time_t)seconds, (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
    int status = amqp_simple_wait_frame_noblock(link->connection, &frame, &patience);
    if (status == AMQP_STATUS_TIMEOUT) return LINK_NOTHING;
    check_status(status, "read from the broker");
    if (frame.frame_type != AMQP_FRAME_METHOD) return LINK_NOTHING;
    switch (frame.payload.method.id) {
        case AMQP_BASIC_ACK_METHOD:
            confirm(link, frame.payload.method.decoded);
            return LINK_CONFIRM;
        case AMQP_BASIC_DELIVER_METHOD:
            into->tag = ((amqp_basic_deliver_t *)frame.payload.method.decoded)->delivery_tag;
            read_content(link, into);
            return LINK_DELIVERY;
        default: die("read from the broker", amqp_method_name(frame.payload.method.id));
    }
}

void link_cork(link_t *link, bool on) {
    int value = on;
    setsockopt(link->socket, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

void link_publish(link_t *link, const char *queue, uint64_t correlation, const char *reply_to,
                  const amqp_basic_properties_t *more, const void *body, size_t size) {
    char number[32];
    snprintf(number, sizeof number, "%llu", (unsigned long long)correlation);
    amqp_basic_properties_t properties = {0};
    if (more) properties = *more;
    properties._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG;
    properties.delivery_mode = 2;
    properties.correlation_id = amqp_cstring_bytes(number);
    if (reply_to) {
        properties._flags |= AMQP_BASIC_REPLY_TO_FLAG;
        properties.reply_to = amqp_cstring_bytes(reply_to);
    }
    amqp_bytes_t bytes = {size, (void *)body};
    check_status(amqp_basic_publish(link->connection, 1, amqp_empty_bytes, amqp_cstring_bytes(queue), 0, 0,
                                    &properties, bytes),
                 "publish");
    link->published += 1;
}

void link_acknowledge(link_t *link, uint64_t tag) {
    check_status(amqp_basic_ack(link->connection, 1, tag, 1), "acknowledge");
}
