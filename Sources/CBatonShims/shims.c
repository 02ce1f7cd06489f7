#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CBatonShims.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/eventfd.h>
#endif

#ifndef MSG_NOSIGNAL
// macOS has SO_NOSIGPIPE instead, which librabbitmq sets on its sockets.
#define MSG_NOSIGNAL 0
#endif

void baton_amqp_login(amqp_connection_state_t state, const char *vhost, int channel_max, int frame_max, int heartbeat,
                      const amqp_table_t *properties, const char *user, const char *password,
                      amqp_rpc_reply_t *reply) {
  *reply = amqp_login_with_properties(state, vhost, channel_max, frame_max, heartbeat, properties,
                                      AMQP_SASL_METHOD_PLAIN, user, password);
}

int baton_amqp_connect(amqp_connection_state_t state, amqp_socket_t *socket, const char *host, int port,
                       int timeout_ms) {
  struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000};
  int status = amqp_socket_open_noblock(socket, host, port, &timeout);
  if (status != AMQP_STATUS_OK) return status;
  status = amqp_set_handshake_timeout(state, &timeout);
  if (status != AMQP_STATUS_OK) return status;
  return amqp_set_rpc_timeout(state, &timeout);
}

int baton_amqp_take_frame(amqp_connection_state_t state, amqp_frame_t *frame) {
  struct timeval none = {0, 0};
  return amqp_simple_wait_frame_noblock(state, frame, &none);
}

int baton_wakeup_open(baton_wakeup *wakeup) {
#if defined(__linux__)
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -errno;
  wakeup->read_fd = fd;
  wakeup->write_fd = fd;
#else
  int fds[2];
  if (pipe(fds) != 0) return -errno;
  for (int i = 0; i < 2; i++) {
    fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    fcntl(fds[i], F_SETFL, O_NONBLOCK);
  }
  wakeup->read_fd = fds[0];
  wakeup->write_fd = fds[1];
#endif
  return 0;
}

void baton_wakeup_close(baton_wakeup *wakeup) {
  if (wakeup->read_fd >= 0) close(wakeup->read_fd);
  if (wakeup->write_fd >= 0 && wakeup->write_fd != wakeup->read_fd) close(wakeup->write_fd);
  wakeup->read_fd = wakeup->write_fd = -1;
}

void baton_wakeup_signal(const baton_wakeup *wakeup) {
  // eventfd takes exactly eight bytes; a full pipe is readable already, so a failed write loses nothing.
  const uint64_t one = 1;
  ssize_t written;
  do {
    written = write(wakeup->write_fd, &one, sizeof one);
  } while (written < 0 && errno == EINTR);
}

void baton_wakeup_drain(const baton_wakeup *wakeup) {
  char buffer[512];
  ssize_t got;
  do {
    got = read(wakeup->read_fd, buffer, sizeof buffer);
  } while (got == (ssize_t)sizeof buffer || (got < 0 && errno == EINTR));
}

int baton_poll(int wake_fd, int fd, int interest, int timeout_ms) {
  struct pollfd fds[2] = {{.fd = wake_fd, .events = POLLIN}, {.fd = fd, .events = 0}};
  if (interest & BATON_READABLE) fds[1].events |= POLLIN;
  if (interest & BATON_WRITABLE) fds[1].events |= POLLOUT;
  int count = poll(fds, fd >= 0 ? 2 : 1, timeout_ms);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  int result = 0;
  if (fd >= 0) {
    if (fds[1].revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) result |= BATON_READABLE;
    if (fds[1].revents & POLLOUT) result |= BATON_WRITABLE;
  }
  return result;
}

int baton_is_writable(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLOUT};
  return poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0;
}

ssize_t baton_receive(int fd, void *buffer, size_t size) {
  ssize_t got;
  do {
    got = recv(fd, buffer, size, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

ssize_t baton_send(int fd, const void *buffer, size_t size) {
  ssize_t sent;
  do {
    sent = send(fd, buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

int baton_would_block(ssize_t result) { return result == -EAGAIN || result == -EWOULDBLOCK; }

void baton_shutdown_socket(int fd) { shutdown(fd, SHUT_RDWR); }

typedef struct {
  char name[16];
  void (*entry)(void *);
  void *argument;
} baton_thread;

static void *baton_thread_main(void *raw) {
  baton_thread thread = *(baton_thread *)raw;
  free(raw);
#if defined(__linux__)
  pthread_setname_np(pthread_self(), thread.name);
#else
  pthread_setname_np(thread.name);
#endif
  thread.entry(thread.argument);
  return NULL;
}

int baton_thread_start(const char *name, size_t stack_size, void (*entry)(void *), void *argument) {
  baton_thread *thread = malloc(sizeof *thread);
  if (thread == NULL) return -ENOMEM;
  // Linux allows 15 characters.
  size_t length = strlen(name);
  if (length > sizeof thread->name - 1) length = sizeof thread->name - 1;
  memcpy(thread->name, name, length);
  thread->name[length] = 0;
  thread->entry = entry;
  thread->argument = argument;

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_size);
  // The new thread inherits the mask: signals are for the program's own handlers.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  pthread_t id;
  int error = pthread_create(&id, &attributes, baton_thread_main, thread);
  pthread_sigmask(SIG_SETMASK, &previous, NULL);
  pthread_attr_destroy(&attributes);
  if (error != 0) free(thread);
  return -error;
}

void baton_release_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
