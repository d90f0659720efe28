/* Tests how a script is executed, whose commands and whose front the test plays (cli/script/script.h). */
#include "tests/parts/said.h"

#include "cli/base/status.h"
#include "cli/commands/chain.h"
#include "cli/commands/execute.h"
#include "cli/commands/session.h"
#include "cli/place/place.h"
#include "cli/script/needs_order.h"
#include "cli/script/plan.h"
#include "cli/script/procfile.h"
#include "cli/script/script.h"
#include "cli/view/bottom_line.h"
#include "cli/view/message.h"

#include <sys/prctl.h>
#include <sys/socket.h>

/*
 * The steps of the script and its front, in one file: "WORDS|" of each command, "settle " when a command waits for the
 * starts before it, "output " and "room REST " when the script waits for its front.
 */
static int trace;

/* The surroundings of the script. */
static struct {
    int settle_at, settle_status; /* the number of the wait for starts that fails, and its status */
    size_t      failed_line;
    int         recv_error; /* the first answer of the front does not come */
    int         prctl_error, socketpair_error, fork_error;
    bool        procfile_fails;
    const char *shown; /* a variable that each command shows */
    const char *wrong; /* the name of a start that fails */
} met;

static int gate[2]; /* a pipe: a command waits until its writing end is closed */

static struct place  place = {.socket = "/nowhere/run.sock"};
static struct script script;
static sigset_t      mask;

int     __wrap_command_execute(struct session *session, int count, char **words);
int     __wrap_chain_settle(struct chain *chain, struct client *client);
void    __wrap_session_release(struct session *session);
void    __wrap_bottom_line_leave_to_parent(void);
int     __wrap_needs_order_explain(const struct script *of, char *const *environment, size_t line,
                                   int status);
int     __real_procfile_words(const struct procfile *procfile, size_t index, struct words *ret);
int     __wrap_procfile_words(const struct procfile *procfile, size_t index, struct words *ret);
ssize_t __real_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags);
int     __real_prctl(int option, ...);
int     __wrap_prctl(int option, ...);
int     __real_socketpair(int domain, int type, int protocol, int ends[2]);
int     __wrap_socketpair(int domain, int type, int protocol, int ends[2]);
pid_t   __real_fork(void);
pid_t   __wrap_fork(void);

#define NOTE(...) CHECK(dprintf(trace, __VA_ARGS__) > 0)

/*
 * A command: "start" only starts a thread; "fail STATUS" fails without a message, and "say STATUS" with one; "hold"
 * has a message that may be replaced; "wait" waits until the test lets it go on; "signals" shows those of the process.
 */
int __wrap_command_execute(struct session *session, int count, char **words)
{
    struct sigaction ignored, not_ignored;
    sigset_t         blocked;
    char             byte;

    CHECK(session->scripted && session->socket == place.socket && !session->only_started);
    for (int i = 0; i < count; i++)
        NOTE("%s%s", words[i], i + 1 < count ? " " : "|");
    if (met.shown != NULL)
        NOTE("%s ", getenv(met.shown) != NULL ? getenv(met.shown) : "none");
    session->only_started = strcmp(words[0], "start") == 0 || strcmp(words[0], "only") == 0;
    if (strcmp(words[0], "chained") == 0)
        NOTE("%d%d ", session->chains, session->chain.holds_missing);
    if (strcmp(words[0], "say") == 0)
        message_print("say", NULL, "said");
    if (strcmp(words[0], "hold") == 0) {
        message_hold_next();
        message_print("hold", NULL, "held");
    }
    if (strcmp(words[0], "wait") == 0) {
        close(gate[1]);
        CHECK_EQUAL(read(gate[0], &byte, 1), 0);
    }
    if (strcmp(words[0], "signals") == 0) {
        for (int signal = SIGINT; signal <= SIGQUIT; signal += SIGQUIT - SIGINT)
            CHECK(sigaction(signal, NULL, &ignored) == 0 && ignored.sa_handler == SIG_IGN);
        CHECK(sigaction(SIGPIPE, NULL, &not_ignored) == 0 && not_ignored.sa_handler == SIG_DFL);
        CHECK(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0);
        CHECK(sigismember(&blocked, SIGUSR1) && !sigismember(&blocked, SIGUSR2));
    }
    if (met.wrong != NULL && strcmp(words[2], met.wrong) == 0)
        return 5;
    return count == 2 ? atoi(words[1]) : 0;
}

int __wrap_chain_settle(struct chain *chain, struct client *client)
{
    static int settled;

    CHECK(client->last_id == 0);
    chain->failed_line = met.failed_line;
    NOTE("settle ");
    return ++settled == met.settle_at ? met.settle_status : STATUS_DONE;
}

void __wrap_session_release(struct session *session)
{
    CHECK(session->scripted);
    NOTE("released ");
}

void __wrap_bottom_line_leave_to_parent(void)
{
    NOTE("line ");
}

int __wrap_needs_order_explain(const struct script *of, char *const *environment, size_t line,
                               int status)
{
    CHECK(of == &script && environment == environ);
    NOTE("explain%zu/%d ", line, status);
    return STATUS_USAGE;
}

int __wrap_procfile_words(const struct procfile *procfile, size_t index, struct words *ret)
{
    return met.procfile_fails ? -ENOMEM : __real_procfile_words(procfile, index, ret);
}

ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags)
{
    int     error = met.recv_error;
    ssize_t got = 0;

    met.recv_error = 0;
    errno = EINTR; /* of an earlier call */
    if (error != EINTR)
        got = __real_recv(fd, bytes, size, flags);
    if (error == 0)
        return got;
    errno = error;
    return -1;
}

int __wrap_prctl(int option, ...)
{
    CHECK_EQUAL(option, PR_SET_PDEATHSIG);
    errno = met.prctl_error;
    return met.prctl_error != 0 ? -1 : __real_prctl(option, SIGKILL);
}

int __wrap_socketpair(int domain, int type, int protocol, int ends[2])
{
    errno = met.socketpair_error;
    return met.socketpair_error != 0 ? -1 : __real_socketpair(domain, type, protocol, ends);
}

pid_t __wrap_fork(void)
{
    errno = met.fork_error;
    return met.fork_error != 0 ? -1 : __real_fork();
}

/* Begins a test with a script of LINES. */
static void begin_script(const char *lines)
{
    memset(&met, 0, sizeof(met));
    trace = memfd_create("trace", MFD_CLOEXEC);
    CHECK(trace >= 0 && fcntl(trace, F_SETFL, O_APPEND) == 0 && pipe(gate) == 0);
    script = (struct script){.name = "script", .fd = file_of(lines, strlen(lines))};
    CHECK(sigemptyset(&mask) == 0 && sigaddset(&mask, SIGUSR1) == 0);
}

/* Answers the script until it ends; the answer with the number LAST is that the front goes away. */
static void be_front(int sync, int last)
{
    struct script_message message;
    char                  byte = 0;
    int                   answers = 0;

    while (sync >= 0 &&
           __real_recv(sync, &message, sizeof(message), 0) == (ssize_t) sizeof(message)) {
        if (message.kind == SCRIPT_WAITS_FOR_OUTPUT)
            NOTE("output ");
        else
            NOTE("room%zu ", message.rest);
        if (++answers != last)
            CHECK_EQUAL(send(sync, &byte, 1, 0), 1);
        else
            CHECK_EQUAL(shutdown(sync, SHUT_WR), 0);
    }
}

/* Checks what was done. */
static void check_trace(const char *wanted)
{
    struct text text = {0};
    char        block[4096];
    ssize_t     size;

    for (off_t at = 0; (size = pread(trace, block, sizeof(block), at)) > 0; at += size)
        text_append(&text, block, (size_t) size);
    check_written(&text, wanted);
    close(trace);
}

/* Executes the script, and checks its exit status, what was done, and what was said. */
static void check_script(unsigned flags, int last, int status, const char *wanted, const char *said)
{
    int   sync = -1, ended;
    pid_t pid = -1;

    said_begin();
    CHECK_EQUAL(script_start(&script, &place, &mask, flags, &pid, &sync), 0);
    CHECK((fcntl(sync, F_GETFD) & FD_CLOEXEC) != 0);
    be_front(sync, last);
    CHECK(waitpid(pid, &ended, 0) == pid);
    said_check(said);
    check_trace(wanted);
    CHECK(WIFEXITED(ended));
    CHECK_EQUAL(WEXITSTATUS(ended), status);
    close(sync);
    close(script.fd);
}

#define END "settle released "

/* Order */

static void a_command_waits_for_what_came_before(void)
{
    begin_script("list\nstart a\nstart b\nonly\nlist\nlist\n");
    check_script(0, 0, 0,
                 "settle output list|settle output start a|start b|settle output only|settle "
                 "output list|settle "
                 "output list|" END,
                 "");
    begin_script("only\nstart a\nunknown\nstart b\n"); /* what is unknown could print something */
    check_script(0, 0, 0,
                 "settle output only|start a|settle output unknown|settle output start b|" END, "");
    begin_script("");
    check_script(0, 0, 0, END, "");
}

static void a_script_ends_with_a_command_that_fails(void)
{
    begin_script("list\nfail 7\nlist\n");
    check_script(0, 0, 7, "settle output list|settle output fail 7|" END,
                 "script:2: k3thread: fail: status 7\n");
    begin_script("\nsay 7\nlist\n");
    check_script(0, 0, 7, "settle output say 7|" END, "script:2: k3thread: say: said\n");
    begin_script("fail 64\nlist\n"); /* a wrong command has said why */
    check_script(0, 0, STATUS_USAGE, "settle output fail 64|" END, "");
    begin_script("fail 1\nlist\n");
    check_script(0, 0, 1, "settle output fail 1|" END, "script:1: k3thread: fail: status 1\n");
}

static void a_start_that_fails_later_ends_its_script(void)
{
    begin_script("list\nlist\nlist\n"); /* before a command */
    met.settle_at = 2;
    met.settle_status = 9;
    check_script(0, 0, 9, "settle output list|settle " END, "");

    begin_script("list\n"); /* at the end */
    met.settle_at = 2;
    met.settle_status = 9;
    check_script(0, 0, 9, "settle output list|" END, "");

    begin_script("fail 7\n"); /* it came first */
    met.settle_at = 2;
    met.settle_status = 9;
    check_script(0, 0, 9, "settle output fail 7|" END, "script:1: k3thread: fail: status 7\n");

    begin_script("list\nlist '\n"); /* and before the wrong line */
    met.settle_at = 2;
    met.settle_status = 9;
    check_script(0, 0, 9, "settle output list|" END, "");
}

static void a_script_ends_at_a_wrong_line(void)
{
    begin_script("list\n\nlist '\nlist\n");
    check_script(0, 0, STATUS_USAGE, "settle output list|" END,
                 "script:3: k3thread: unterminated ' quote\n");
}

static void a_missing_thread_is_explained(void)
{
    begin_script("list\nhold 3\nlist\n");
    check_script(0, 0, STATUS_USAGE,
                 "settle output list|settle output hold 3|settle explain2/3 released ",
                 "script:2: k3thread: hold: held\n"); /* if it was not replaced */
    begin_script("only\nstart a\nlist\n");            /* the start was an earlier one */
    met.settle_at = 2;
    met.settle_status = STATUS_NO_THREAD;
    met.failed_line = 1;
    check_script(0, 0, STATUS_USAGE,
                 "settle output only|start a|settle settle explain1/3 released ", "");
}

/* The front */

static void a_script_cannot_go_on_without_its_front(void)
{
    begin_script("list\nlist\nlist\n");
    check_script(0, 2, STATUS_INTERNAL, "settle output list|settle output " END,
                 "script:2: k3thread: run: the script cannot go on: the run could not answer it\n");

    begin_script("list\nlist\n");
    met.recv_error = ECONNRESET;
    check_script(0, 0, STATUS_INTERNAL, "settle output " END,
                 "script:1: k3thread: run: the script cannot go on: Connection reset by peer\n");

    begin_script("list\n");
    met.recv_error = EINTR; /* is no answer */
    check_script(0, 1, STATUS_INTERNAL, "settle output " END,
                 "script:1: k3thread: run: the script cannot go on: the run could not answer it\n");
    begin_script("list\n");
    met.recv_error = EINTR;
    check_script(0, 0, 0, "settle output list|" END, "");
}

static void a_script_does_not_wait_for_a_front_that_has_gone(void)
{
    struct script_message message;
    char                  byte = 0;
    int                   sync = -1, ended;
    pid_t                 pid = -1;

    begin_script("wait\nlist\n");
    said_begin();
    CHECK_EQUAL(script_start(&script, &place, &mask, 0, &pid, &sync), 0);
    CHECK_EQUAL(__real_recv(sync, &message, sizeof(message), 0), sizeof(message));
    CHECK_EQUAL(send(sync, &byte, 1, 0), 1);
    while (lseek(trace, 0, SEEK_END) < 12) /* it waits in its command */
        (void) sched_yield();
    close(sync);
    close(gate[1]);
    CHECK(waitpid(pid, &ended, 0) == pid);
    said_check("script:2: k3thread: run: the script cannot go on: Broken pipe\n");
    CHECK(WIFEXITED(ended));
    CHECK_EQUAL(WEXITSTATUS(ended), STATUS_INTERNAL);
}

/* Begins a script with COUNT starts. */
static void begin_starts(int count)
{
    struct text text = {0};

    for (int i = 0; i < count; i++)
        text_add(&text, "start -- x\n");
    text_byte(&text, '\0', 1);
    begin_script(text.data);
    text_release(&text);
}

/* Checks the waits of a script of 1025 starts. */
static void check_room(unsigned flags, int last, int status, const char *wanted, const char *said)
{
    struct text text = {0};
    const char *at = wanted;

    /* In WANTED each * stands for 999 starts, and each . for one. */
    for (; *at != '\0'; at++) {
        for (int i = 0; *at == '*' && i < 999; i++)
            text_add(&text, "start -- x|");
        if (*at == '.')
            text_add(&text, "start -- x|");
        else if (*at != '*')
            text_byte(&text, *at, 1);
    }
    text_byte(&text, '\0', 1);
    check_script(flags, last, status, text.data, said);
    text_release(&text);
}

static void a_long_script_waits_for_room(void)
{
    begin_starts(1001);
    check_room(SCRIPT_IS_PACED, 0, 0, "settle output *settle room1 .." END, "");
    begin_starts(1001);
    check_room(SCRIPT_HAS_LINE, 0, 0, "line settle output *.." END, "");
    begin_starts(1001); /* a start before has failed */
    met.settle_at = 2;
    met.settle_status = 9;
    check_room(SCRIPT_IS_PACED, 0, 9, "settle output *settle " END, "");
    begin_starts(1001);
    check_room(
        SCRIPT_IS_PACED, 2, STATUS_INTERNAL, "settle output *settle room1 " END,
        "script:1000: k3thread: run: the script cannot go on: the run could not answer it\n");
}

/* The process */

static void a_script_has_its_own_surroundings(void)
{
    int ends[2];

    begin_script("signals\n");
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK(signal(SIGINT, SIG_DFL) != SIG_ERR && signal(SIGQUIT, SIG_DFL) != SIG_ERR);
    met.shown = "K3THREAD_SOCKET";
    check_script(0, 0, 0, "settle output signals|/nowhere/run.sock " END, "");

    begin_script("chained\n");
    check_script(0, 0, 0, "settle output chained|11 " END, "");
    begin_script("");
    close(script.fd);
    CHECK(pipe(ends) == 0 && write(ends[1], "chained\n", 8) == 8); /* its lines may come late */
    close(ends[1]);
    script.fd = ends[0];
    check_script(0, 0, 0, "settle output chained|01 " END, "");
}

static void a_plan_is_all_there(void)
{
    struct plan  plan = {0};
    struct words words;
    struct text  bytes = {0};
    size_t       count = 0;

    begin_script("");
    close(script.fd);
    script.fd = gate[0];
    words_add(&bytes, "chained", &count);
    CHECK_EQUAL(words_make(&words, &bytes, count), 1);
    CHECK_EQUAL(plan_add(&plan, &words, 4), 0);
    script.plan = &plan;
    check_script(0, 0, 0, "settle output chained|11 " END, "");
    plan_release(&plan);
}

/* Checks that the two lowest descriptors that are free are LOWEST, or finds them out. */
static void check_free(int lowest[2])
{
    int one = dup(STDIN_FILENO), other = dup(STDIN_FILENO);

    CHECK(lowest[0] < 0 || (lowest[0] == one && lowest[1] == other));
    lowest[0] = one;
    lowest[1] = other;
    close(one);
    close(other);
}

static void a_script_that_cannot_begin_says_so(void)
{
    int   lowest[2] = {-1, -1}, sync = -1;
    pid_t pid = -1;

    begin_script("list\n");
    met.prctl_error = EPERM;
    check_script(0, 0, STATUS_INTERNAL, "",
                 "k3thread: run: cannot begin the script: Operation not permitted\n");

    begin_script("list\n");
    check_free(lowest);
    met.socketpair_error = EMFILE;
    CHECK_EQUAL(script_start(&script, &place, &mask, 0, &pid, &sync), -EMFILE);
    met.socketpair_error = 0;
    met.fork_error = EAGAIN;
    CHECK_EQUAL(script_start(&script, &place, &mask, 0, &pid, &sync), -EAGAIN);
    CHECK(sync == -1 && pid == -1);
    check_free(lowest);
}

/* Procfiles */

static struct procfile procfile;

/* Begins the Procfile TEXT. */
static void begin_procfile(const char *text)
{
    begin_script("");
    procfile = (struct procfile){0};
    CHECK_EQUAL(procfile_read(&procfile, "Procfile", file_of(text, strlen(text)), NULL, 0, NULL),
                0);
    script.name = "Procfile";
    script.procfile = &procfile;
}

#define ENTRY(name, port) "start --name " name " --input --env PORT=" port " -- /bin/sh -c true|"

static void the_entries_of_a_procfile_are_started(void)
{
    begin_procfile("web: true\nworker: true\n");
    check_script(0, 0, 0, "settle output " ENTRY("web", "5000") ENTRY("worker", "5100") END, "");

    begin_procfile("web: true\nworker: true\n");
    met.settle_at = 2;
    met.settle_status = 9;
    check_script(0, 0, 9, "settle output " ENTRY("web", "5000") ENTRY("worker", "5100") END, "");

    begin_procfile("web: true\n\nworker: true\nother: true\n"); /* up to the first that fails */
    met.wrong = "worker";
    check_script(0, 0, 5, "settle output " ENTRY("web", "5000") ENTRY("worker", "5100") END,
                 "Procfile:3: k3thread: start: status 5\n");

    begin_procfile("web: true\n");
    met.procfile_fails = true;
    check_script(0, 0, STATUS_INTERNAL, END, "");
}

TEST_MAIN({"order", a_command_waits_for_what_came_before},
          {"fails", a_script_ends_with_a_command_that_fails},
          {"later", a_start_that_fails_later_ends_its_script},
          {"wrong", a_script_ends_at_a_wrong_line}, {"missing", a_missing_thread_is_explained},
          {"alone", a_script_cannot_go_on_without_its_front},
          {"gone", a_script_does_not_wait_for_a_front_that_has_gone},
          {"room", a_long_script_waits_for_room}, {"process", a_script_has_its_own_surroundings},
          {"plan", a_plan_is_all_there}, {"begin", a_script_that_cannot_begin_says_so},
          {"procfile", the_entries_of_a_procfile_are_started})
