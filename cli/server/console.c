#include "cli/server/console.h"

#include "cli/base/clock.h"
#include "cli/base/loop.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/write.h"
#include "cli/server/connection.h"
#include "cli/server/hosts.h"
#include "cli/server/output_notice.h"
#include "cli/worker/thread_terminal.h"
#include "cli/worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

/* How many bytes of output are sent at a time, and how many a viewer may leave unread before it gets no more. */
#define PIECE      ((size_t) 16 * 1024)
#define UNREAD_MAX ((size_t) 128 * 1024)

/*
 * A program draws the screen again when the size of its terminal changes. If the size is right already, the
 * server makes the terminal one column smaller, and restores the size when the program has written something:
 * at the earliest after SMALLER_MIN seconds, at the latest after SMALLER_MAX. One row less would make a program
 * such as less scroll, and it would stay so.
 */
#define SMALLER_MIN 0.05
#define SMALLER_MAX 1.0

/* One terminal, as the server sees it. */
struct console {
    struct source  source; /* the news of the worker; in the loop while clients are attached */
    struct record *record;
    struct thread_terminal *terminal;
    struct pty_size         size;
    bool                    is_smaller;
    double                  smaller_since;
    uint64_t                smaller_end; /* the end of the output at that time */
    TAILQ_HEAD(, viewer) viewers;        /* the newest first */
    LIST_ENTRY(console) smaller;
};

static LIST_HEAD(, viewer) all = LIST_HEAD_INITIALIZER(all);
static LIST_HEAD(, console) smaller = LIST_HEAD_INITIALIZER(smaller);

/* Output */

/* Sends a replay of the screen. */
static void greet(struct viewer *viewer)
{
    struct text replay = {0};

    thread_terminal_replay(viewer->console->terminal, &replay, &viewer->position);
    if (!replay.failed && replay.size > 0)
        output_notice_send(viewer->connection, replay.data, replay.size);
    text_release(&replay);
    viewer->greeted = true;
}

/* Sends the next piece of output. Returns false if there is none. */
static bool send_piece(struct viewer *viewer)
{
    char    piece[PIECE];
    ssize_t n;

    if (!viewer->greeted) {
        greet(viewer);
        return true;
    }
    n = thread_terminal_copy(viewer->console->terminal, &viewer->position, piece, sizeof(piece));
    if (n > 0)
        output_notice_send(viewer->connection, piece, (size_t) n);
    else if (n < 0)
        greet(viewer); /* the viewer has missed output */
    return n != 0;
}

bool viewers_advance(void)
{
    struct viewer *viewer;
    bool           again = false;

    LIST_FOREACH(viewer, &all, all)
        if (connection_unread(viewer->connection) <= UNREAD_MAX)
            again |= send_piece(viewer);
    return again;
}

/* Clears the news. viewers_advance(), which runs at the end of each round of the loop, sends the output. */
static void take_news(struct source *source, uint32_t events)
{
    eventfd_t ignored;

    (void) events;
    (void) eventfd_read(source->fd, &ignored);
}

/* The size */

static void end_smaller(struct console *console)
{
    if (console->is_smaller)
        LIST_REMOVE(console, smaller);
    console->is_smaller = false;
}

/* Gives the terminal SIZE. If the command runs on another machine, tells the worker to set the size there. */
static void resize(const struct console *console, const struct pty_size *size)
{
    k3thread *worker = console->record->thread;

    if (thread_terminal_resize(console->terminal, size) &&
        (worker == NULL || k3thread_send_exception(worker, &worker_Size) != 0))
        atomic_store(&console->terminal->size_is_told,
                     false); /* no worker was told: the next run begins with this size */
}

void console_resize(struct record *record, const struct pty_size *size)
{
    if (record->console == NULL)
        return;
    record->console->size = *size;
    resize(record->console, size);
}

/* Makes the program draw the screen in SIZE. */
static void redraw(struct console *console, const struct pty_size *size)
{
    struct pty_size other = *size;

    if (console->is_smaller || memcmp(&console->size, size, sizeof(*size)) != 0) {
        end_smaller(console);
        console->size = *size;
        resize(console, size);
        return;
    }
    other.columns = (unsigned short) (size->columns > 1 ? size->columns - 1 : 2);
    resize(console, &other);
    console->is_smaller = true;
    console->smaller_since = clock_monotonic();
    console->smaller_end = thread_terminal_end(console->terminal);
    LIST_INSERT_HEAD(&smaller, console, smaller);
}

/* Returns true if the program has drawn the smaller screen, or has had SMALLER_MAX seconds for it. */
static bool has_drawn(struct console *console)
{
    double seconds = clock_monotonic() - console->smaller_since;

    if (seconds >= SMALLER_MAX)
        return true;
    return seconds >= SMALLER_MIN && thread_terminal_end(console->terminal) != console->smaller_end;
}

double viewers_do_due(void)
{
    struct console *console, *next;

    for (console = LIST_FIRST(&smaller); console != NULL; console = next) {
        next = LIST_NEXT(console, smaller);
        if (!has_drawn(console))
            continue;
        end_smaller(console);
        resize(console, &console->size);
    }
    return LIST_EMPTY(&smaller) ? -1 : SMALLER_MIN;
}

/* Clients */

/* Returns the viewer that has the keyboard of CONSOLE, or NULL. */
static const struct viewer *find_typist(const struct console *console)
{
    const struct viewer *viewer;

    TAILQ_FOREACH(viewer, &console->viewers, of_console)
        if (!viewer->read_only)
            return viewer;
    return NULL;
}

bool viewer_is_to(const struct viewer *viewer, const struct record *record)
{
    return viewer->console != NULL && viewer->console->record == record;
}

bool viewer_types(const struct viewer *viewer)
{
    return viewer->console != NULL && find_typist(viewer->console) == viewer;
}

/* Makes the worker tell the server of output if CONSOLE has viewers, and else makes it stop that. */
static void watch(struct console *console)
{
    bool wanted = !TAILQ_EMPTY(&console->viewers);

    if (wanted == atomic_load(&console->terminal->is_watched))
        return;
    if (!wanted)
        loop_remove(&console->source);
    else if (loop_add(&console->source, EPOLLIN) != 0)
        return; /* without memory, the viewers get output only when the loop wakes for something else */
    atomic_store(&console->terminal->is_watched, wanted);
}

void viewer_begin(struct viewer *viewer, struct record *record, bool draws)
{
    struct console      *console = record->console;
    const struct viewer *typist;

    if (!viewer_is_to(viewer, record)) {
        viewer->console = console;
        viewer->greeted = false;
        TAILQ_INSERT_HEAD(&console->viewers, viewer, of_console);
        LIST_INSERT_HEAD(&all, viewer, all);
        record->viewers++;
        watch(console);
    }
    typist = find_typist(console);
    if (draws && (viewer == typist || viewer->read_only))
        redraw(console, typist != NULL ? &typist->size : &console->size);
}

void viewer_end(struct viewer *viewer)
{
    struct console      *console = viewer->console;
    bool                 typed = viewer_types(viewer);
    const struct viewer *next;

    if (console == NULL)
        return;
    TAILQ_REMOVE(&console->viewers, viewer, of_console);
    LIST_REMOVE(viewer, all);
    console->record->viewers--;
    viewer->console = NULL;
    watch(console);
    next = typed ? find_typist(console) : NULL;
    if (next != NULL)
        redraw(console, &next->size);
}

/* Opening and closing */

int console_open(struct record *record)
{
    struct pty_size size = {.rows = record->job.rows, .columns = record->job.columns};
    struct console *console;
    int             error;

    if (!record->job.tty || record->console != NULL)
        return 0;
    console = calloc(1, sizeof(*console));
    if (console == NULL)
        return -ENOMEM;
    error = thread_terminal_new(&size, hosts_are_used(), &console->terminal);
    if (error != 0) {
        free(console);
        return error;
    }
    console->source = (struct source){.fd = console->terminal->news, .ready = take_news};
    console->record = record;
    console->size = size;
    TAILQ_INIT(&console->viewers);
    record->console = console;
    record->assignment.terminal = console->terminal;
    return 0;
}

/* Sends the rest of the output to a client, and that the thread has ended. Detaches the client. */
static void tell_end(struct viewer *viewer)
{
    struct text line = {0};

    while (send_piece(viewer))
        continue;
    envelope_begin_notification(&line, "ended");
    text_add(&line, "{\"thread\":");
    record_write(&line, viewer->console->record, RECORD_ALL_MEMBERS);
    text_byte(&line, '}', 1);
    envelope_end(&line);
    connection_send(viewer->connection, &line);
    text_release(&line);
    viewer_end(viewer);
}

void console_close(struct record *record)
{
    struct console *console = record->console;
    struct viewer  *viewer, *next;

    if (console == NULL)
        return;
    for (viewer = TAILQ_FIRST(&console->viewers); viewer != NULL; viewer = next) {
        next = TAILQ_NEXT(viewer, of_console);
        tell_end(viewer);
    }
    end_smaller(console);
    record->assignment.terminal = NULL;
    record->console = NULL;
    thread_terminal_free(console->terminal);
    free(console);
}
