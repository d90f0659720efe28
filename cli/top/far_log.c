#include "cli/top/far_log.h"

#include "cli/rpc/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The number of last lines that are brought at first. */
#define LINES 5000

/* The number of bytes that are kept. Older bytes are forgotten, in pieces of the second size. */
#define KEPT_MAX  ((off_t) 64 * 1024 * 1024)
#define FORGOTTEN ((off_t) 1024 * 1024)

static int open_reader(struct far_log *log, const char *where, json_int_t from)
{
    static json_int_t last_reader;

    log->reader = ++last_reader;
    log->has_ended = false;
    return client_send(log->client, "read",
                       json_pack("{s:I, s:b, s:b, s:I, s:I}", "reader", log->reader, "open", 1,
                                 "follow", 1, "thread", log->thread, where, from),
                       &log->request);
}

int far_log_open(struct far_log *log, struct client *client, json_int_t thread)
{
    int fd = memfd_create("k3thread top: log", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    *log = (struct far_log){.client = client, .fd = fd, .thread = thread};
    (void) snprintf(log->path, sizeof(log->path), "/proc/self/fd/%d", fd);
    return open_reader(log, "lines", LINES);
}

void far_log_go_on(struct far_log *log)
{
    if (log->client != NULL && log->has_ended && !log->has_failed)
        (void) open_reader(log, "offset", (json_int_t) log->end);
}

/* Forgets the oldest bytes of a log that has become long. */
static void forget(const struct far_log *log)
{
    off_t old = log->size - KEPT_MAX;

    if (old >= FORGOTTEN)
        (void) fallocate(log->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                         old / FORGOTTEN * FORGOTTEN);
}

/* Adds the bytes of RESULT. */
static void add(struct far_log *log, const json_t *result)
{
    const json_t *offset = json_object_get(result, "offset");
    char         *data;
    size_t        size;

    if (bytes_any_from_json(json_object_get(result, "data"), &data, &size) != 0)
        return;
    for (size_t written = 0; written < size;) {
        ssize_t n = pwrite(log->fd, data + written, size - written, log->size);

        if (n <= 0 && errno != EINTR)
            break; /* memory is lacking: these bytes are not shown */
        if (n > 0) {
            written += (size_t) n;
            log->size += n;
        }
    }
    if (json_is_integer(offset))
        log->end = (off_t) json_integer_value(offset) + (off_t) size;
    free(data);
    forget(log);
}

bool far_log_take(struct far_log *log, const struct reply *reply)
{
    if (log->client == NULL || reply->id != log->request)
        return false;
    log->request = 0;
    log->has_failed = reply->result == NULL;
    log->has_ended = log->has_failed || json_is_true(json_object_get(reply->result, "end"));
    if (reply->result != NULL)
        add(log, reply->result);
    if (!log->has_ended)
        (void) client_send(log->client, "read", json_pack("{s:I}", "reader", log->reader),
                           &log->request);
    return true;
}

void far_log_close(struct far_log *log)
{
    if (log->client == NULL)
        return;
    if (log->client->open && !log->has_ended)
        (void) client_send(log->client, "read",
                           json_pack("{s:I, s:b}", "reader", log->reader, "close", 1), NULL);
    close(log->fd);
    *log = (struct far_log){0};
}
