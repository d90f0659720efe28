#include "attach_serve.h"

#include "attach_message.h"
#include "attach_raise.h"
#include "attach_state.h"
#include "attach_tell.h"
#include "clock.h"
#include "connection.h"
#include "hidden_thread.h"
#include "news.h"
#include "registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The number of attempts to reconnect, in about 12 seconds, after which the hidden thread takes the supervisor for
 * gone.
 */
#define ATTEMPTS 16

/* A connection that lasts this many nanoseconds resets the count of attempts. */
#define GOOD_AFTER K3T_NANOSECONDS

/* The bytes of the hidden thread's stack. That thread also calls the free_data functions of the user. */
#define STACK_SIZE (128 * 1024)

/*
 * The milliseconds between two looks whether any other thread is left. They are made only while the library knows
 * no thread.
 */
#define LOOK_IF_LAST 500

#define MILLISECOND (K3T_NANOSECONDS / 1000) /* in nanoseconds */

/* The data of the hidden thread. Until that thread runs, the thread that starts it uses them. */
static struct {
    struct k3t_connection connection;
    char                 *path, *id;
    int                   wake;
    struct k3t_told       told;
    int                   attempts; /* to reconnect, since the last good connection */
} own;

/* Handles MESSAGE. Returns 0, or -errno if the connection fails. */
static int serve(const struct k3t_message *message)
{
    if (message->method != NULL && strcmp(message->method, "raise") == 0)
        return k3t_attach_raise(&own.connection, message);
    if (message->method == NULL && message->id > K3T_ATTACH_ID)
        k3t_attach_note_reply((unsigned) message->id - K3T_ATTACH_ID);
    return 0;
}

/* The connection */

/* Returns the error that CODE of the protocol stands for. */
static int error_of(int64_t code)
{
    switch (code) {
    case K3T_CODE_BUSY_ERROR:
        return -EBUSY;
    case K3T_CODE_PERMISSION_ERROR:
        return -EPERM;
    case K3T_CODE_INVALID_THREAD_ID:
        return -ESRCH;
    default:
        return -EPROTO;
    }
}

/* Returns what the REPLY to the request "attach" means: 0 or a negative error. */
static int result_of(const struct k3t_message *reply)
{
    if (reply->failed)
        return error_of(reply->code);
    return own.connection.permit >= 0 ? 0 : -EPROTO;
}

/* Waits for the reply to the request "attach". Returns 0 or a negative error. */
static int await_reply(int64_t deadline)
{
    struct pollfd      poll_fd = {.fd = own.connection.socket, .events = POLLIN};
    struct k3t_message message;
    size_t             size;
    char              *line;
    int                error;

    while (k3t_now() < deadline) {
        line = k3t_connection_line(&own.connection, &size, &error);
        if (line == NULL && error != -EAGAIN)
            return error;
        if (line == NULL)
            (void) poll(&poll_fd, 1, 100);
        else if (k3t_message_read(line, size, &message) && message.id == K3T_ATTACH_ID)
            return result_of(&message);
    }
    return -ETIMEDOUT;
}

static void disconnect(void)
{
    k3t_attach_note_descriptors(-1, -1);
    k3t_connection_close(&own.connection);
}

/* Connects and attaches. Returns 0 or a negative error. */
static int connect_and_attach(void)
{
    int error = k3t_connection_open(&own.connection, own.path, K3T_ATTACH_PATIENCE);

    if (error != 0)
        return error;
    k3t_attach_note_descriptors(own.connection.socket, -1);
    k3t_put_begin(&own.connection, K3T_ATTACH_ID, ",\"method\":\"attach\",\"params\":{\"thread\":");
    k3t_put(&own.connection, own.id);
    k3t_put(&own.connection, "}}");
    error = k3t_connection_send(&own.connection, K3T_ATTACH_PATIENCE);
    if (error == 0)
        error = await_reply(k3t_now() + K3T_ATTACH_PATIENCE * K3T_NANOSECONDS);
    if (error != 0) {
        disconnect();
        return error;
    }
    k3t_attach_note_descriptors(own.connection.socket, own.connection.permit);
    own.told = (struct k3t_told){0}; /* tells everything again, as a reply may have been lost */
    k3t_news_begin(own.wake);
    return 0;
}

/* Returns true if the main thread has ended: while other threads live, it stays as a zombie. */
static bool main_has_ended(void)
{
    char    line[256];
    int     fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;
    char   *name_end;

    if (fd >= 0)
        close(fd);
    line[n > 0 ? n : 0] = '\0';
    name_end = strrchr(line, ')');
    return name_end != NULL && strncmp(name_end, ") Z", 3) == 0;
}

/*
 * Returns true if no other thread lives, so that the end of the hidden thread ends the process. The number of links
 * of the directory is the number of threads and two more. So it is 4 for the hidden thread and the main thread, which
 * counts also when it has ended.
 */
static bool is_last(void)
{
    struct stat info;

    return stat("/proc/self/task", &info) == 0 && info.st_nlink == 4 && main_has_ended();
}

/* Serves the connection until it is lost, or until the hidden thread has to end. */
static void serve_connection(void)
{
    struct pollfd      polls[] = {{.fd = own.connection.socket, .events = POLLIN},
                                  {.fd = own.wake, .events = POLLIN}};
    struct k3t_message message;
    eventfd_t          count;
    size_t             size;
    char              *line;
    bool               may_be_last = false;
    int                error = 0;

    while (error == 0) {
        while (error == 0 && (line = k3t_connection_line(&own.connection, &size, &error)) != NULL)
            if (k3t_message_read(line, size, &message))
                error = serve(&message);
        if (error == -EAGAIN)
            error = k3t_tell(&own.connection, &own.told);
        if (error != 0 || k3t_attach_must_stop() || (may_be_last && is_last()))
            return;
        /*
         * The first poll of a connection has no time limit. It ends even if nothing happens to the threads, because
         * attach() asks the hidden thread to tell, and k3t_tell() repeats that request on a new connection.
         */
        (void) poll(polls, 2, may_be_last ? LOOK_IF_LAST : -1);
        if (polls[1].revents != 0)
            (void) eventfd_read(own.wake, &count);
        may_be_last = k3t_registry_is_empty();
    }
}

/*
 * Waits before the attempt to reconnect with the number ATTEMPT, counted from 0. Returns false if the hidden thread
 * has to end. News of threads wake the hidden thread too, but do not shorten the pause: a supervisor that hangs up
 * at once would be called again and again without one.
 */
static bool pause_before(int attempt)
{
    struct pollfd poll_fd = {.fd = own.wake, .events = POLLIN};
    int64_t       deadline = k3t_now() + (attempt < 5 ? 20 << attempt : 1000) * MILLISECOND;
    int64_t       left;
    eventfd_t     count;

    while (!k3t_attach_must_stop() && (left = deadline - k3t_now()) > 0) {
        (void) poll(&poll_fd, 1, (int) (left / MILLISECOND) + 1);
        (void) eventfd_read(own.wake, &count);
    }
    return !k3t_attach_must_stop();
}

/* Reconnects after the connection was lost. Returns false if the supervisor is gone, or refuses. */
static bool reconnect(void)
{
    int error = -ECONNREFUSED;

    disconnect();
    while (own.attempts < ATTEMPTS && pause_before(own.attempts++)) {
        error = connect_and_attach();
        if (error == 0 || error == -EBUSY || error == -EPERM || error == -ESRCH)
            break;
    }
    return error == 0;
}

/* Ends the attachment. k3t_attach_note_ended() comes last, because it allows the next attachment to begin. */
static void end(void)
{
    k3t_attach_note_ending();
    k3t_news_end();
    disconnect();
    close(own.wake);
    free(own.path);
    free(own.id);
    k3t_attach_note_ended();
}

static void *run(void *arg)
{
    int64_t begin;

    prctl(PR_SET_NAME, "k3thread-attach");
    do {
        begin = k3t_now();
        serve_connection();
        if (k3t_now() - begin >= GOOD_AFTER)
            own.attempts = 0;
    } while (!k3t_attach_must_stop() && !is_last() && reconnect());
    end();
    return arg;
}

int k3t_attach_serve(const char *path, const char *id)
{
    int error;

    own.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    error = own.wake < 0 ? -errno : 0;
    own.connection.socket = own.connection.permit = -1;
    own.attempts = 0;
    own.path = strdup(path);
    own.id = strdup(id);
    if (error == 0 && (own.path == NULL || own.id == NULL))
        error = -ENOMEM;
    if (error == 0)
        error = connect_and_attach();
    if (error == 0) {
        k3t_attach_note_served(own.wake);
        error = -k3t_hidden_thread_start(run, STACK_SIZE);
    }
    if (error != 0)
        end();
    return error;
}
