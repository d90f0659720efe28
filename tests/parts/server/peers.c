/* Tests the state that is kept for a client: how it begins, and what its end releases. */
#include "tests/parts/written.h"

#include "cli/server/attachment.h"
#include "cli/server/peer.h"
#include "cli/server/store.h"
#include "cli/worker/environment.h"

static struct text                     calls;
static struct peer                    *opened;
static int                             open_error;
static bool                            lacks_memory;
static struct record                   threads[3]; /* the thread t has the id t + 1 */
static const struct connection_handler some_handler;

int connection_open(struct connection *connection, int fd, const struct connection_handler *handler)
{
    CHECK(fd == 5 && handler == &some_handler);
    opened = peer_of(connection);
    CHECK((void *) opened == (void *) connection);
    return open_error;
}

void attachment_close(struct attachment *attachment)
{
    text_printf(&calls, "attachment%s ", attachment == (void *) &calls ? "" : "?");
}

void store_let_go(struct record *record, const struct kept_list *keeper)
{
    CHECK(record->keeper == keeper);
    text_printf(&calls, "go%d ", (int) record->id);
    LIST_REMOVE(record, kept);
}

void events_unwatch(struct watcher *watcher)
{
    CHECK(watcher == &opened->watcher);
    text_add(&calls, "unwatch ");
}

void viewer_end(struct viewer *viewer)
{
    CHECK(viewer == &opened->viewer);
    text_add(&calls, "viewer ");
}

void environment_unref(struct environment *environment)
{
    CHECK(environment == (void *) &threads);
    text_add(&calls, "environment");
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_calloc(size_t count, size_t size)
{
    return lacks_memory ? NULL : __real_calloc(count, size);
}

static void keep(struct record *record, struct kept_list *list)
{
    record->id = (uint64_t) (record - threads + 1);
    record->keeper = list;
    LIST_INSERT_HEAD(list, record, kept);
}

static void the_end_of_a_client_releases_what_it_had(void)
{
    CHECK_EQUAL(peer_open(5, &some_handler), 0);
    CHECK_EQUAL(opened->umask, 022);
    CHECK(LIST_EMPTY(&opened->calls) && LIST_EMPTY(&opened->kept) && LIST_EMPTY(&opened->joined) &&
          LIST_EMPTY(&opened->readers));
    CHECK(opened->started == 0 && opened->directory == NULL && opened->attachment == NULL);
    keep(&threads[0], &opened->kept);
    keep(&threads[1], &opened->kept);
    keep(&threads[2], &opened->joined);
    opened->attachment = (void *) &calls;
    opened->environment = (void *) &threads;
    opened->directory = strdup("/");
    peer_free(opened);
    check_written(&calls, "attachment go2 go1 go3 unwatch viewer environment");
}

static void a_client_that_cannot_be_served_is_closed(void)
{
    int fd = dup(STDIN_FILENO);

    open_error = -ENOSPC;
    CHECK_EQUAL(peer_open(5, &some_handler), -ENOSPC);
    lacks_memory = true;
    CHECK_EQUAL(peer_open(fd, &some_handler), -ENOMEM);
    CHECK(fcntl(fd, F_GETFD) < 0);
}

TEST_MAIN({"end", the_end_of_a_client_releases_what_it_had},
          {"closed", a_client_that_cannot_be_served_is_closed})
