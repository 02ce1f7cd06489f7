#ifndef BATON_SHIMS_H
#define BATON_SHIMS_H

#include <amqp.h>
#include <amqp_framing.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Swift cannot import: variadic functions, and system calls that differ between platforms.
// Functions that can fail return -errno.

/// amqp_login_with_properties is variadic. Uses SASL PLAIN.
void baton_amqp_login(amqp_connection_state_t state, const char *vhost, int channel_max, int frame_max, int heartbeat,
                      const amqp_table_t *properties, const char *user, const char *password,
                      amqp_rpc_reply_t *reply);

/// Connects; then limits every wait of the handshake, and of later calls into the library, to the same time.
int baton_amqp_connect(amqp_connection_state_t state, amqp_socket_t *socket, const char *host, int port,
                       int timeout_ms);
/// Takes a frame that is there already. AMQP_STATUS_TIMEOUT where none is.
int baton_amqp_take_frame(amqp_connection_state_t state, amqp_frame_t *frame);

/// A handle that another thread can make readable: an eventfd, or a pipe where there is none.
typedef struct {
  int read_fd;
  int write_fd;
} baton_wakeup;

int baton_wakeup_open(baton_wakeup *wakeup);
void baton_wakeup_close(baton_wakeup *wakeup);
/// May be called from any thread; many signals before a drain are one.
void baton_wakeup_signal(const baton_wakeup *wakeup);
void baton_wakeup_drain(const baton_wakeup *wakeup);

#define BATON_READABLE 1
#define BATON_WRITABLE 2

/// Waits until wake_fd is readable, or fd (ignored if negative) is what `interest` asks for, or the time is over
/// (milliseconds; negative: never). An error or hang-up counts as readable. Returns the state of fd.
int baton_poll(int wake_fd, int fd, int interest, int timeout_ms);

/// Whether fd takes at least a little more, without waiting.
int baton_is_writable(int fd);

/// Non-blocking. Returns the number of bytes, 0 at the end of the stream, -EAGAIN where nothing is there.
ssize_t baton_receive(int fd, void *buffer, size_t size);
/// Non-blocking and without SIGPIPE. Returns the number of bytes taken, -EAGAIN where none can be.
ssize_t baton_send(int fd, const void *buffer, size_t size);
int baton_would_block(ssize_t result);
/// Makes every pending and future call on the socket fail, from whichever thread.
void baton_shutdown_socket(int fd);

/// Gives memory that was freed back to the system, where the allocator would keep it.
void baton_release_memory(void);

/// Starts a detached thread that takes no signals.
int baton_thread_start(const char *name, size_t stack_size, void (*entry)(void *), void *argument);

#endif
