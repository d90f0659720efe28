#include "cli/worker/thread_terminal.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/base/partial_write.h"
#include "cli/place/journal.h"
#include "cli/worker/output_file.h"
#include "k3thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many pieces are copied before the worker looks at other events. */
#define PIECES 16

/* The most bytes of an ended run that are copied: only a process that cannot be killed writes more. */
#define REST_MAX ((size_t) 1024 * 1024)

/* The seconds that the reader of a log that is a pipe has to read the rest of a run. */
#define REST_PATIENCE 5.0

int thread_terminal_new(const struct pty_size *size, bool is_far, struct thread_terminal **ret)
{
    struct thread_terminal *terminal = calloc(1, sizeof(*terminal));
    int                     error;

    if (terminal == NULL)
        return -ENOMEM;
    terminal->master = terminal->slave = terminal->log = -1;
    terminal->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    error = terminal->news < 0 ? -errno : screen_open(&terminal->screen);
    if (error == 0 && is_far)
        (void) thread_terminal_resize(terminal, size);
    else if (error == 0)
        error = pty_open(size, &terminal->master, &terminal->slave);
    if (error == 0)
        error = -pthread_mutex_init(&terminal->lock, NULL);
    if (error == 0)
        *ret = terminal;
    else
        thread_terminal_free(terminal);
    return error;
}

void thread_terminal_free(struct thread_terminal *terminal)
{
    if (terminal == NULL)
        return;
    descriptors_close(&terminal->master);
    descriptors_close(&terminal->slave);
    descriptors_close(&terminal->news);
    descriptors_close(&terminal->log);
    screen_close(&terminal->screen);
    (void) pthread_mutex_destroy(&terminal->lock);
    free(terminal);
}

/* The server's part */

ssize_t thread_terminal_copy(struct thread_terminal *terminal, uint64_t *position, char *data,
                             size_t size)
{
    ssize_t n;

    pthread_mutex_lock(&terminal->lock);
    n = screen_copy(&terminal->screen, position, data, size);
    pthread_mutex_unlock(&terminal->lock);
    return n;
}

void thread_terminal_replay(struct thread_terminal *terminal, struct text *text,
                            uint64_t *ret_position)
{
    pthread_mutex_lock(&terminal->lock);
    screen_replay(&terminal->screen, text);
    *ret_position = terminal->screen.end;
    pthread_mutex_unlock(&terminal->lock);
}

uint64_t thread_terminal_end(struct thread_terminal *terminal)
{
    uint64_t end;

    pthread_mutex_lock(&terminal->lock);
    end = terminal->screen.end;
    pthread_mutex_unlock(&terminal->lock);
    return end;
}

bool thread_terminal_resize(struct thread_terminal *terminal, const struct pty_size *size)
{
    if (terminal->master >= 0) {
        (void) pty_resize(terminal->master, size);
        return false;
    }
    atomic_store(&terminal->size, (unsigned) size->rows << 16 | size->columns);
    return !atomic_exchange(&terminal->size_is_told, true);
}

/* The worker's part */

struct pty_size thread_terminal_size(const struct thread_terminal *terminal)
{
    unsigned size = atomic_load(&terminal->size);

    return (struct pty_size){.rows = (unsigned short) (size >> 16),
                             .columns = (unsigned short) size};
}

int thread_terminal_begin(struct thread_terminal *terminal, const struct job *job)
{
    int fd = output_file_open(job);

    if (fd < 0)
        return fd;
    descriptors_close(&terminal->log);
    terminal->log = fd;
    pty_reset(terminal->slave);
    return 0;
}

struct pollfd thread_terminal_poll(const struct thread_terminal *terminal)
{
    if (terminal->pending > 0)
        return (struct pollfd){.fd = terminal->log, .events = POLLOUT};
    return (struct pollfd){.fd = terminal->master, .events = POLLIN};
}

/* Gives up the log, which cannot be written because of ERROR. The screen still gets the output. */
static void lose_log(struct thread_terminal *terminal, int error)
{
    journal_write("the output of a terminal cannot be written any more: %s", strerror(error));
    descriptors_close(&terminal->log);
}

/* Writes the pending bytes to the log. Returns false if some are still pending. */
static bool write_log(struct thread_terminal *terminal)
{
    const char *rest = terminal->piece + terminal->written;
    size_t      left = terminal->pending - terminal->written;
    int         error = terminal->log >= 0 ? partial_write(terminal->log, &rest, &left) : 0;

    if (error == -EAGAIN) {
        terminal->written = terminal->pending - left;
        return false;
    }
    if (error != 0)
        lose_log(terminal, -error);
    terminal->pending = terminal->written = 0;
    return true;
}

/* Gives a piece of output to the screen and, if clients watch it, to the server. */
void thread_terminal_show(struct thread_terminal *terminal, const char *data, size_t size)
{
    static const uint64_t one = 1;

    pthread_mutex_lock(&terminal->lock);
    screen_append(&terminal->screen, data, size);
    pthread_mutex_unlock(&terminal->lock);
    if (atomic_load(&terminal->is_watched) && write(terminal->news, &one, sizeof(one)) < 0)
        return; /* the counter is full, so the server is told already */
}

/* Copies one piece. Returns its size; 0: there is no output, or the log takes no more now. */
static size_t copy_piece(struct thread_terminal *terminal)
{
    ssize_t n;

    if (!write_log(terminal))
        return 0;
    n = read(terminal->master, terminal->piece, sizeof(terminal->piece));
    if (n <= 0)
        return 0;
    terminal->pending = (size_t) n;
    thread_terminal_show(terminal, terminal->piece, terminal->pending);
    (void) write_log(terminal);
    return (size_t) n;
}

void thread_terminal_copy_output(struct thread_terminal *terminal)
{
    for (unsigned i = 0; i < PIECES && copy_piece(terminal) > 0; i++)
        continue;
}

/* Waits until a log that is a pipe can take more. Returns false if that takes too long. */
static bool wait_for_log(const struct thread_terminal *terminal, double end)
{
    struct pollfd log = {.fd = terminal->log, .events = POLLOUT};
    double        left = clock_until(end);

    return left > 0 && k3thread_poll(&log, 1, left) > 0;
}

void thread_terminal_end_run(struct thread_terminal *terminal)
{
    double end = clock_monotonic() + REST_PATIENCE;
    size_t total = 0, size = 1;

    while (size > 0 && total < REST_MAX) {
        size = copy_piece(terminal);
        total += size;
        if (terminal->pending > 0)
            size = wait_for_log(terminal, end);
    }
    descriptors_close(&terminal->log);
    terminal->pending = terminal->written = 0;
}
