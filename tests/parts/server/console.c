/*
 * Tests alone the clients at a terminal: which of them has the keyboard, the size, and the output. The test is the
 * terminal, the clock and the loop. See tests/cli/attach.bats for real terminals.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/server/connection.h"
#include "cli/server/console.h"
#include "cli/server/hosts.h"
#include "cli/server/output_notice.h"
#include "cli/server/record.h"
#include "cli/worker/thread_terminal.h"
#include "cli/worker/worker.h"

#include <math.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define UNREAD_MAX ((size_t) 128 * 1024)

static double                 now = 1000;
static struct thread_terminal terminal;
static char                   sizes[500]; /* that the terminal was given */
static char           sent[4000]; /* what the clients were sent, each with the client's number */
static const char    *screen = "screen";
static char           output[100]; /* of the program */
static uint64_t       lost;        /* the beginning of it that is gone */
static size_t         unread;      /* of each client */
static bool           is_far, is_freed;
static int            told;    /* how often the worker was told of a size */
static int            telling; /* the result of that */
static int            making, adding;
static struct source *source; /* in the loop */

const k3thread_exctype worker_Size = {.name = "Size"};

/* The functions that the console calls. */

double clock_monotonic(void)
{
    return now;
}

bool hosts_are_used(void)
{
    return is_far;
}

int loop_add(struct source *given, uint32_t events)
{
    CHECK(source == NULL && events == EPOLLIN);
    if (adding == 0)
        source = given;
    return adding;
}

void loop_remove(struct source *given)
{
    CHECK(source == given);
    source = NULL;
}

size_t connection_unread(const struct connection *connection)
{
    (void) connection;
    return unread;
}

/* The number of a client is in its connection. */
static void note(const struct connection *connection, const char *data, size_t size)
{
    size_t used = strlen(sent);

    (void) snprintf(sent + used, sizeof(sent) - used, "%d:%.*s ", (int) connection->pending,
                    (int) size, data);
}

void output_notice_send(struct connection *connection, const char *data, size_t size)
{
    note(connection, data, size);
}

void connection_send(struct connection *connection, const struct text *line)
{
    note(connection, line->data, line->size);
}

void record_write(struct text *text, const struct record *record, uint64_t members)
{
    text_printf(text, "%d", (int) record->id + (members == RECORD_ALL_MEMBERS));
}

int k3thread_send_exception(k3thread *thread, const k3thread_exctype *type)
{
    CHECK(thread != NULL && type == &worker_Size);
    told++;
    return telling;
}

int thread_terminal_new(const struct pty_size *size, bool far, struct thread_terminal **ret)
{
    if (making != 0)
        return making;
    CHECK(far == is_far && size->rows == 24 && size->columns == 80);
    terminal.news = eventfd(0, EFD_NONBLOCK);
    *ret = &terminal;
    return 0;
}

void thread_terminal_free(struct thread_terminal *given)
{
    CHECK(given == &terminal);
    is_freed = true;
}

ssize_t thread_terminal_copy(struct thread_terminal *given, uint64_t *position, char *data,
                             size_t size)
{
    size_t left = strlen(output) - *position;

    CHECK(given == &terminal && size >= 1024);
    if (*position < lost)
        return -1;
    left = left < 2 ? left : 2; /* a few bytes at a time */
    for (size_t i = 0; i < left; i++)
        data[i] = output[*position + i];
    *position += left;
    return (ssize_t) left;
}

void thread_terminal_replay(struct thread_terminal *given, struct text *text,
                            uint64_t *ret_position)
{
    CHECK(given == &terminal);
    text_add(text, screen);
    *ret_position = strlen(output);
}

uint64_t thread_terminal_end(struct thread_terminal *given)
{
    CHECK(given == &terminal);
    return strlen(output);
}

bool thread_terminal_resize(struct thread_terminal *given, const struct pty_size *size)
{
    size_t used = strlen(sizes);

    CHECK(given == &terminal);
    (void) snprintf(sizes + used, sizeof(sizes) - used, "%dx%d ", size->rows, size->columns);
    if (is_far)
        atomic_store(&given->size_is_told, true);
    return is_far;
}

/* The steps of the cases. */

static struct record     record = {.id = 6, .job = {.tty = true, .rows = 24, .columns = 80}};
static struct connection connections[3] = {{.pending = 0}, {.pending = 1}, {.pending = 2}};
static struct viewer     viewers[3];

static void open_console(void)
{
    CHECK_EQUAL(console_open(&record), 0);
    CHECK(record.console != NULL && record.assignment.terminal == &terminal);
}

static void begin(int i, unsigned short rows, unsigned short columns, bool read_only)
{
    viewers[i].connection = &connections[i];
    viewers[i].size = (struct pty_size){rows, columns};
    viewers[i].read_only = read_only;
    viewer_begin(&viewers[i], &record, true);
    CHECK(viewer_is_to(&viewers[i], &record));
}

#define CHECK_NOTED(notes, wanted)                                                                 \
    do {                                                                                           \
        if (strcmp(notes, wanted) != 0)                                                            \
            fprintf(stderr, #notes ": %s\n", notes);                                               \
        CHECK_TEXT(notes, wanted);                                                                 \
        notes[0] = '\0';                                                                           \
    } while (0)

static void is_due(double seconds)
{
    CHECK(fabs(viewers_do_due() - seconds) < 1e-6);
}

static void types(int typist)
{
    for (int i = 0; i < 3; i++)
        CHECK(viewer_types(&viewers[i]) == (i == typist));
}

static void send_all(void)
{
    while (viewers_advance())
        continue;
}

/* The client that attached last, and does not only watch, has the keyboard and its size. */
static void keyboard(void)
{
    open_console();
    types(-1);
    CHECK(!viewer_is_to(&viewers[0], &record));
    begin(0, 30, 90, false);
    CHECK_NOTED(sizes, "30x90 ");
    types(0);
    CHECK_EQUAL(record.viewers, 1);
    begin(1, 40, 90, false);
    CHECK_NOTED(sizes, "40x90 ");
    types(1);
    begin(2, 50, 90, true); /* it watches: drawn again in the typist's size */
    CHECK_NOTED(sizes, "40x89 ");
    CHECK_EQUAL(record.viewers, 3);
    types(1);
    begin(0, 31, 90, false); /* a new size of a client that does not type */
    CHECK_NOTED(sizes, "");
    begin(1, 40, 91, false); /* and of the typist */
    CHECK_NOTED(sizes, "40x91 ");
    CHECK_EQUAL(record.viewers, 3);
    viewer_end(&viewers[2]);
    CHECK_NOTED(sizes, "");
    viewer_end(&viewers[1]);
    CHECK_NOTED(sizes, "31x90 ");
    types(0);
    CHECK_EQUAL(record.viewers, 1);
    viewer_end(&viewers[0]);
    viewer_end(&viewers[0]);
    CHECK_NOTED(sizes, "");
    types(-1);
    CHECK_EQUAL(record.viewers, 0);
    begin(2, 50, 90, true); /* nobody types: the size stays */
    CHECK_NOTED(sizes, "31x89 ");
    console_resize(&record, &(struct pty_size){9, 9});
    begin(2, 50, 90, true);
    begin(2, 50, 90, true);
    CHECK_NOTED(sizes, "9x9 9x9 9x8 ");
}

/* A program draws the screen again at a change of its size, which is undone when it has drawn, or after a second. */
static void drawing(void)
{
    open_console();
    is_due(-1);
    begin(0, 24, 80, false);
    CHECK_NOTED(sizes, "24x79 ");
    is_due(0.05);
    strcat(output, "x");
    is_due(0.05); /* too soon: it may be what it wrote before */
    now += 0.06;
    is_due(-1);
    CHECK_NOTED(sizes, "24x80 ");
    begin(0, 24, 80, false);
    CHECK_NOTED(sizes, "24x79 ");
    now += 0.9;
    is_due(0.05);
    CHECK_NOTED(sizes, "");
    now += 0.11;
    is_due(-1);
    CHECK_NOTED(sizes, "24x80 ");
    begin(0, 24, 80, false);
    begin(0, 24, 80, false); /* it is smaller: the right size is another one */
    is_due(-1);
    CHECK_NOTED(sizes, "24x79 24x80 ");
    begin(0, 24, 1, false);
    begin(0, 24, 1, false);
    CHECK_NOTED(sizes, "24x1 24x2 ");
    now += 2;
    is_due(-1);
    CHECK_NOTED(sizes, "24x1 ");
    begin(0, 24, 2, false);
    begin(0, 24, 2, false);
    CHECK_NOTED(sizes, "24x2 24x1 ");
    console_resize(&record, &(struct pty_size){9, 9});
    CHECK_NOTED(sizes, "9x9 ");
    viewer_end(&viewers[0]);
    console_close(&record);
    is_due(-1); /* it is not looked at again */
    console_resize(&record, &(struct pty_size){9, 9});
    CHECK_NOTED(sizes, "");
}

/* Each client gets a replay of the screen, and then the output from there on. */
static void sending(void)
{
    uint64_t one = 1;

    open_console();
    CHECK(source == NULL && !atomic_load(&terminal.is_watched));
    strcpy(output, "before");
    begin(0, 24, 80, false);
    CHECK(source != NULL && atomic_load(&terminal.is_watched));
    begin(1, 24, 80, true);
    CHECK(viewers_advance());
    send_all();
    CHECK_NOTED(sent, "1:screen 0:screen ");
    CHECK(!viewers_advance());
    strcat(output, "abc");
    CHECK_EQUAL(write(terminal.news, &one, sizeof(one)), 8);
    source->ready(source, EPOLLIN);
    CHECK_EQUAL(read(terminal.news, &one, sizeof(one)), -1); /* the news are taken */
    send_all();
    CHECK_NOTED(sent, "1:ab 0:ab 1:c 0:c ");
    unread = UNREAD_MAX + 1;
    strcat(output, "d");
    CHECK(!viewers_advance());
    unread = UNREAD_MAX;
    send_all();
    CHECK_NOTED(sent, "1:d 0:d ");
    strcat(output, "efg");
    lost = strlen(output) - 1; /* they have missed some of it */
    screen = "again";
    send_all();
    CHECK_NOTED(sent, "1:again 0:again ");
    screen = ""; /* there is nothing to replay */
    begin(2, 24, 80, true);
    send_all();
    CHECK_NOTED(sent, "");
    viewer_end(&viewers[2]);
    viewer_end(&viewers[0]);
    CHECK(source != NULL);
    viewer_end(&viewers[1]);
    CHECK(source == NULL && !atomic_load(&terminal.is_watched));
    strcat(output, "h");
    CHECK(!viewers_advance());
    adding = -ENOMEM;
    screen = "screen";
    begin(0, 24, 80, false);
    CHECK(!atomic_load(&terminal.is_watched));
    send_all();
    CHECK_NOTED(sent, "0:screen ");
}

/* The end: the rest of the output, and then the thread. */
static void end(void)
{
    open_console();
    begin(0, 24, 80, false);
    send_all();
    sent[0] = '\0';
    strcpy(output, "rest");
    begin(1, 24, 80, true);
    console_close(&record);
    CHECK_NOTED(
        sent, "1:screen 1:{\"jsonrpc\":\"2.0\",\"method\":\"ended\",\"params\":{\"thread\":7}} "
              "0:re 0:st 0:{\"jsonrpc\":\"2.0\",\"method\":\"ended\",\"params\":{\"thread\":7}} ");
    CHECK(is_freed && record.console == NULL && record.assignment.terminal == NULL &&
          record.viewers == 0);
    CHECK(viewers[0].console == NULL && source == NULL && !viewers_advance());
    console_close(&record);
    open_console(); /* for the next run after a restart */
    CHECK_EQUAL(console_open(&record), 0);
    begin(0, 24, 80, false);
    send_all();
    CHECK_NOTED(sent, "0:screen ");
}

static void failures(void)
{
    record.job.tty = false;
    CHECK(console_open(&record) == 0 && record.console == NULL);
    record.job.tty = true;
    making = -EMFILE;
    CHECK(console_open(&record) == -EMFILE && record.console == NULL &&
          record.assignment.terminal == NULL);
}

/* The worker of a command on another machine is told of a new size; without a worker, its next run begins with it. */
static void far(void)
{
    int worker;

    is_far = true;
    open_console();
    begin(0, 30, 90, false);
    CHECK(told == 0 && !atomic_load(&terminal.size_is_told));
    record.thread = (k3thread *) &worker;
    begin(0, 31, 90, false);
    CHECK(told == 1 && atomic_load(&terminal.size_is_told));
    telling = -1;
    begin(0, 32, 90, false);
    CHECK(told == 2 && !atomic_load(&terminal.size_is_told));
}

TEST_MAIN({"keyboard", keyboard}, {"drawing", drawing}, {"sending", sending}, {"end", end},
          {"failures", failures}, {"far", far})
