/*
 * Tests the course of the quick way (cli/quick/quick.c): what it does and what it leaves to the program. The functions
 * that it calls are this program's, and write down each call.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/standard.h"
#include "cli/client/wire.h"
#include "cli/place/socket.h"
#include "cli/place/socket_path.h"
#include "cli/quick/answer.h"
#include "cli/quick/libc.h"
#include "cli/quick/list_answer.h"
#include "cli/quick/plain_command.h"
#include "cli/quick/quick.h"

#include <link.h>
#include <setjmp.h>
#include <sys/socket.h>

#define CONNECTION 77

/* The quick way frees nothing: the address sanitizer must not look for leaks. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* The results of the functions. */
static struct course {
    enum quick_command command;
    bool               is_plain, has_params;
    int                path_error, connected, peer_error, queue_error, flush_error, status;
    uid_t              other; /* how far the supervisor's user is away */
    size_t             unsent;
    bool               is_cut;
    const char *const *pieces; /* what comes, up to a NULL: then nothing does */
    int                piece_error;
} course;

static char **environment;
static int    variables = 3;

static struct text  calls;
static struct wire *wire; /* that of the quick way */
static jmp_buf      is_over;
static bool         is_running;

static __attribute__((format(printf, 1, 2))) void note(const char *format, ...)
{
    va_list arguments;

    text_byte(&calls, ' ', calls.size > 0);
    va_start(arguments, format);
    text_vprintf(&calls, format, arguments);
    va_end(arguments);
}

void libc_begin(char *const *begun)
{
    CHECK(begun == environment);
    note("begin");
}

bool plain_command_read(struct plain_command *ret, char **words, char **env)
{
    CHECK(env == environment);
    note("read %s", words[0]);
    *ret = (struct plain_command){
        .command = course.command, .method = "method", .label = "label", .socket = "socket"};
    return course.is_plain;
}

void standard_descriptors_fill(void)
{
    note("fill");
}

int socket_path_find(struct text *path, const char *label, const char *socket, struct text *why)
{
    CHECK_TEXT(label, "label");
    CHECK_TEXT(socket, "socket");
    CHECK_EQUAL(why->size, 0);
    text_append(path, "/sock", sizeof("/sock"));
    note("find");
    if (course.path_error != 0)
        text_add(why, "the reason");
    return course.path_error;
}

int socket_connect(const char *path)
{
    CHECK_TEXT(path, "/sock");
    note("connect");
    return course.connected;
}

int socket_find_peer(int fd, struct ucred *ret)
{
    CHECK_EQUAL(fd, CONNECTION);
    ret->uid = geteuid() + course.other;
    return course.peer_error;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    if (fd != CONNECTION)
        return __real_close(fd);
    note("close");
    return 0;
}

bool plain_command_write(struct plain_command *command, struct text *params)
{
    CHECK_EQUAL(command->command, course.command);
    text_add(params, "params");
    return course.has_params;
}

int wire_queue(struct wire *to, int64_t id, const char *method, const struct text *params)
{
    CHECK(id == 1 && params->size == strlen("params"));
    CHECK_TEXT(method, "method");
    wire = to;
    note("queue");
    return course.queue_error;
}

int wire_flush(struct wire *to)
{
    CHECK(to == wire && to->fd == CONNECTION);
    note("flush");
    to->unsent.size = course.unsent;
    to->cut = course.is_cut;
    return course.flush_error;
}

int wire_wait(struct wire *from, double seconds)
{
    CHECK(from == wire);
    note("wait %.1f", seconds);
    if (*course.pieces == NULL) {
        from->cut = course.is_cut = course.piece_error == 0; /* the other side has gone */
        return course.piece_error;
    }
    text_add(&from->received.bytes, *course.pieces++);
    text_add(&from->received.bytes, "\n\n\n\n"); /* stand behind the bytes that have come */
    from->received.bytes.size -= 4;
    return 1;
}

/* A line that begins with a + is a part. */
bool list_answer_measure(struct list_answer *answer, const char *line, size_t size)
{
    note("measure %.*s", (int) size, line);
    answer->columns++;
    return line[0] == '+';
}

int list_answer_print(const struct list_answer *answer, const char *lines, size_t size)
{
    note("print %zu of %zu", answer->columns, size);
    CHECK(lines == wire->received.bytes.data);
    return course.status;
}

int answer_end(enum quick_command command, const char *line, size_t size)
{
    CHECK_EQUAL(command, course.command);
    note("answer %.*s", (int) size, line);
    return course.status;
}

void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status)
{
    if (!is_running)
        __real__exit(status);
    note("exit %d", status);
    longjmp(is_over, 1);
}

/* Runs COUNT words with the rights that SECURE says. Checks the calls. */
static void run_words(long count, unsigned long secure, const char *wanted)
{
    static char program[] = "k3thread", word[] = "word", variable[] = "A=B";
    uintptr_t   stack[24] = {(uintptr_t) count};
    size_t      size = 1;

    for (long i = 0; i < count; i++)
        stack[size++] = (uintptr_t) (i == 0 ? program : word);
    stack[size++] = 0;
    environment = (char **) (stack + size);
    for (int i = 0; i < variables; i++)
        stack[size++] = (uintptr_t) variable;
    stack[size++] = 0;
    stack[size++] = AT_PAGESZ;
    stack[size++] = 4096;
    if (secure <= 1) {
        stack[size++] = AT_SECURE;
        stack[size++] = secure;
    }
    stack[size++] = AT_NULL;
    stack[size++] = 7;
    if (wire != NULL) {
        text_release(&wire->received.bytes);
        *wire = (struct wire){0};
    }
    is_running = true;
    if (setjmp(is_over) == 0)
        quick_main((char **) stack);
    is_running = false;
    check_written(&calls, wanted);
}

static void run(const char *wanted)
{
    run_words(2, 0, wanted);
}

/* Begins a course in which nothing fails, with the PIECES of an answer. */
static void begin(enum quick_command command, const char *const *pieces)
{
    course = (struct course){.command = command,
                             .is_plain = true,
                             .has_params = true,
                             .connected = CONNECTION,
                             .pieces = pieces};
}

/* Checks that the program has nothing to take over. */
static void check_nothing_taken(void)
{
    struct quick_request taken;

    CHECK(!quick_take(&taken));
}

/* Checks that the program takes over the request, once, with what has come of its answer. */
static void check_taken(const char *received)
{
    struct quick_request taken = {.fd = -1};

    CHECK(quick_take(&taken));
    CHECK(taken.fd == CONNECTION && taken.size == strlen(received));
    CHECK(memcmp(taken.received, received, taken.size) == 0);
    check_nothing_taken();
}

#define START       "begin read word fill find connect queue flush"
#define WAIT        " wait 0.4"
#define PIECES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A set-id program, and one without a command, begins as usual. */
static void some_programs_begin_as_usual(void)
{
    begin(QUICK_START, PIECES("7\n"));
    run_words(1, 0, "begin");
    run_words(2, 1, "begin");
    variables = 0;
    run_words(2, 1, "begin");
    variables = 3;
    run_words(2, 2, START WAIT " answer 7 exit 0"); /* the kernel says nothing of rights */
    begin(QUICK_START, PIECES("7\n"));
    course.status = 9;
    run_words(3, 0, START WAIT " answer 7 exit 9");
    begin(QUICK_START, PIECES("7\n"));
    course.is_plain = false;
    run("begin read word");
}

static void a_failure_before_the_request_is_the_programs(void)
{
    begin(QUICK_START, PIECES("7\n"));
    course.path_error = -EINVAL;
    run("begin read word fill find");
    begin(QUICK_START, PIECES("7\n"));
    course.connected = -ENOENT;
    run("begin read word fill find connect");
    begin(QUICK_START, PIECES("7\n"));
    course.peer_error = -EINVAL;
    run("begin read word fill find connect close");
    begin(QUICK_START, PIECES("7\n"));
    course.other = 1;
    run("begin read word fill find connect close");
    begin(QUICK_START, PIECES("7\n"));
    course.has_params = false;
    run("begin read word fill find connect close");
    begin(QUICK_START, PIECES("7\n"));
    course.queue_error = -E2BIG;
    run("begin read word fill find connect queue close");
    check_nothing_taken();
}

/* An answer may come in any pieces. A join waits for as long as it takes. */
static void an_answer_is_waited_for(void)
{
    begin(QUICK_START, PIECES("ab", "c", "d\n"));
    run(START WAIT WAIT WAIT " answer abcd exit 0");
    begin(QUICK_JOIN, PIECES("a", "b\n"));
    run(START " wait -1.0 wait -1.0 answer ab exit 0");
    begin(QUICK_LIST, PIECES("+one\n+tw", "o\nt", "hree\n"));
    run(START WAIT " measure +one" WAIT " measure +two" WAIT " measure three print 3 of 16 exit 0");
    begin(QUICK_LIST, PIECES("+one\n+two\nthree\n"));
    run(START WAIT " measure +one measure +two measure three print 3 of 16 exit 0");
    begin(QUICK_RAISE, PIECES("\n"));
    run(START WAIT " answer  exit 0");
}

/* The program takes over an answer that is not plain, that does not come, or behind which more has come. */
static void the_program_takes_over(void)
{
    begin(QUICK_START, PIECES("7\n"));
    course.status = -1;
    run(START WAIT " answer 7");
    check_taken("7\n");
    begin(QUICK_LIST, PIECES("+one\n", "two\n"));
    course.status = -1;
    run(START WAIT " measure +one" WAIT " measure two print 2 of 9");
    check_taken("+one\ntwo\n");
    begin(QUICK_START, PIECES("7\n8"));
    run(START WAIT);
    check_taken("7\n8");
    begin(QUICK_LIST, PIECES("+one\n", "two\n\n"));
    run(START WAIT " measure +one" WAIT " measure two");
    check_taken("+one\ntwo\n\n");
    begin(QUICK_START, PIECES("ha"));
    course.piece_error = -ETIMEDOUT;
    run(START WAIT WAIT);
    check_taken("ha");
    begin(QUICK_START, PIECES("7\n"));
    course.flush_error = -EIO;
    run(START);
    check_taken("");
}

/* A request that was not sent in full, or whose connection was cut, is the program's to send. */
static void what_was_not_sent_is_not_taken_over(void)
{
    begin(QUICK_START, PIECES("7\n"));
    course.is_cut = true;
    run(START " close");
    check_nothing_taken();
    begin(QUICK_START, PIECES("ha"));
    run(START WAIT WAIT " close"); /* it is cut while it waits */
    check_nothing_taken();
    begin(QUICK_START, PIECES("7\n"));
    course.unsent = 1;
    run(START WAIT " close");
    check_nothing_taken();
}

TEST_MAIN({"usual", some_programs_begin_as_usual},
          {"before", a_failure_before_the_request_is_the_programs},
          {"answers", an_answer_is_waited_for}, {"taken", the_program_takes_over},
          {"unsent", what_was_not_sent_is_not_taken_over})
