#include "cli/top/log_watch.h"

#include "cli/base/array.h"
#include "cli/base/inotify_block.h"

#include <stdlib.h>
#include <unistd.h>

void log_watch_open(struct log_watch *watch)
{
    *watch = (struct log_watch){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
}

static bool has_key(const struct log_watch *watch, int key)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->list[i].key == key)
            return true;
    return false;
}

static bool has_row(const struct log_watch *watch, int64_t id)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->list[i].id == id)
            return true;
    return false;
}

/* Returns true if the log of the row ID must be watched. */
static bool is_wanted(struct row *const *rows, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i]->id == id)
            return rows[i]->state != STATE_ENDED;
    return false;
}

/* Stops watching the rows that are not among the COUNT rows at ROWS. */
static void drop_others(struct log_watch *watch, struct row *const *rows, size_t count)
{
    for (size_t i = 0; i < watch->count;) {
        int key = watch->list[i].key;

        if (is_wanted(rows, count, watch->list[i].id)) {
            i++;
            continue;
        }
        watch->list[i] = watch->list[--watch->count];
        if (!has_key(watch, key))
            (void) inotify_rm_watch(watch->fd, key);
    }
}

/* Begins to watch the log of ROW. It may have been written to before, so its last line is read again. */
static void add(struct log_watch *watch, struct row *row)
{
    struct log_watched *list = array_room(watch->list, watch->count, sizeof(*list));
    int                 key;

    if (list == NULL)
        return;
    watch->list = list;
    key = inotify_add_watch(watch->fd, row->log, IN_MODIFY);
    if (key < 0)
        return; /* there is no log yet, or no watch to spare */
    list[watch->count++] = (struct log_watched){row->id, key};
    row->live.is_read = false;
}

void log_watch_set(struct log_watch *watch, struct row *const *rows, size_t count)
{
    if (watch->fd < 0)
        return;
    drop_others(watch, rows, count);
    for (size_t i = 0; i < count; i++)
        if (rows[i]->state != STATE_ENDED && !has_row(watch, rows[i]->id))
            add(watch, rows[i]);
}

bool log_watch_misses(const struct log_watch *watch, const struct row *row)
{
    return row->state != STATE_ENDED && !has_row(watch, row->id);
}

bool log_watch_take(struct log_watch *watch, void (*changed)(void *context, int64_t id),
                    void             *context)
{
    const struct inotify_event *event;
    struct inotify_block        block;
    bool                        is_some = false;

    while (inotify_block_read(&block, watch->fd))
        while ((event = inotify_block_next(&block)) != NULL)
            for (size_t i = 0; i < watch->count; i++)
                if (watch->list[i].key == event->wd) {
                    changed(context, watch->list[i].id);
                    is_some = true;
                }
    return is_some;
}

void log_watch_close(struct log_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch->list);
    *watch = (struct log_watch){.fd = -1};
}
