/* Tests the command run: what it reads, opens and makes before the run, and closes behind it (cli/script/run.c). */
#include "tests/parts/said.h"

#include "cli/base/directory.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/session.h"
#include "cli/place/temporary_place.h"
#include "cli/script/each.h"
#include "cli/script/front.h"
#include "cli/script/plan.h"
#include "cli/script/procfile.h"
#include "cli/script/retry.h"
#include "cli/script/run_options.h"
#include "cli/script/whole_input.h"
#include "cli/view/printer.h"

/* The parts that the test plays around the command, and the steps that it has seen, in their order. */
static struct {
    struct text          steps;
    const char          *fails; /* the step that fails */
    int                  error, status;
    bool                 nothing; /* there is nothing to run again */
    struct script        script;
    struct front_options front;
    struct each          each;
    struct procfile      procfile;
    bool                 is_inherited; /* by the threads, the script is */
    int                  whole;
    char                *socket;
} played;

int  __wrap_front_run(const struct front_options *options, const struct place *place,
                      const struct script *script, int *ret_signal);
int  __wrap_temporary_place_make(struct place *ret, struct text *why);
void __wrap_temporary_place_remove(struct place *place);
int  __wrap_session_find_place(struct session *session, struct text *why);
void __wrap_place_release(struct place *place);
int  __real_result_files_open_pipes(struct result_files *files, struct text *why);
int  __wrap_result_files_open_pipes(struct result_files *files, struct text *why);
int  __wrap_result_files_open(struct result_files *files, struct text *why);
int  __wrap_kept_logs_open(struct kept_logs *kept, struct text *why);
void __wrap_result_files_close(struct result_files *files);
void __wrap_kept_logs_close(struct kept_logs *kept);
int  __wrap_retry_read(struct earlier_run *ret, const char *path);
int  __wrap_retry_plan(struct plan *plan, const struct script *script,
                       const struct earlier_run *earlier, const struct place *place, bool *ret_any);
int  __real_whole_input_read(int fd);
int  __wrap_whole_input_read(int fd);
int  __real_procfile_read(struct procfile *procfile, const char *name, int fd, char *const *names,
                          unsigned port, const struct variables *variables);
int  __wrap_procfile_read(struct procfile *procfile, const char *name, int fd, char *const *names,
                          unsigned port, const struct variables *variables);
unsigned __wrap_printer_style(int fd);

/* Notes STEP. Returns the error that it shall have, or 0. */
static int step(const char *name)
{
    text_printf(&played.steps, "%s ", name);
    return played.fails != NULL && strcmp(played.fails, name) == 0 ? played.error : 0;
}

/* The same, with a sentence in WHY. */
static int explained_step(const char *name, struct text *why)
{
    int error = step(name);

    if (error != 0)
        text_printf(why, "no %s", name);
    return error;
}

int __wrap_front_run(const struct front_options *options, const struct place *place,
                     const struct script *script, int *ret_signal)
{
    (void) step("run");
    played.front = *options;
    played.script = *script;
    if (script->each != NULL)
        played.each = *script->each;
    if (script->procfile != NULL)
        played.procfile = *script->procfile;
    played.is_inherited =
        script->fd > STDERR_FILENO && (fcntl(script->fd, F_GETFD) & FD_CLOEXEC) == 0;
    CHECK_TEXT(place->socket, "/nowhere/socket");
    *ret_signal = SIGHUP;
    return played.status;
}

int __wrap_temporary_place_make(struct place *ret, struct text *why)
{
    ret->socket = played.socket;
    return explained_step("make", why);
}

void __wrap_temporary_place_remove(struct place *place)
{
    CHECK(place->socket == played.socket);
    (void) step("remove");
}

int __wrap_session_find_place(struct session *session, struct text *why)
{
    text_printf(&played.steps, "%s/%s ", session->label != NULL ? session->label : "",
                session->socket != NULL ? session->socket : "");
    session->place.socket = played.socket;
    return explained_step("find", why);
}

void __wrap_place_release(struct place *place)
{
    CHECK(place->socket == played.socket);
    (void) step("release");
}

int __wrap_result_files_open_pipes(struct result_files *files, struct text *why)
{
    int error = explained_step("pipes", why);

    return error != 0 ? error : __real_result_files_open_pipes(files, why);
}

int __wrap_result_files_open(struct result_files *files, struct text *why)
{
    (void) files;
    return explained_step("results", why);
}

int __wrap_kept_logs_open(struct kept_logs *kept, struct text *why)
{
    (void) kept;
    return explained_step("logs", why);
}

void __wrap_result_files_close(struct result_files *files)
{
    (void) files;
    (void) step("close");
}

void __wrap_kept_logs_close(struct kept_logs *kept)
{
    (void) kept;
    (void) step("close-logs");
}

int __wrap_retry_read(struct earlier_run *ret, const char *path)
{
    CHECK_TEXT(path, "earlier");
    ret->failed = 4711;
    return step("earlier");
}

int __wrap_retry_plan(struct plan *plan, const struct script *script,
                      const struct earlier_run *earlier, const struct place *place, bool *ret_any)
{
    CHECK(earlier->failed == 4711 && place->socket == played.socket && script->fd == played.whole);
    CHECK(*ret_any);
    *ret_any = !played.nothing;
    plan->left_out = json_array();
    return step("plan");
}

int __wrap_whole_input_read(int fd)
{
    int error = step("whole");

    CHECK(fd == STDIN_FILENO || (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    played.whole = error != 0 ? error : __real_whole_input_read(fd);
    return played.whole;
}

int __wrap_procfile_read(struct procfile *procfile, const char *name, int fd, char *const *names,
                         unsigned port, const struct variables *variables)
{
    text_printf(&played.steps, "names%s port%u %s ",
                names == NULL || names[0] == NULL ? "0" : names[0], port,
                variables == NULL ? "" : "variables");
    if (step("procfile") != 0)
        return played.error;
    return __real_procfile_read(procfile, name, fd, names, port, variables);
}

unsigned __wrap_printer_style(int fd)
{
    return fd == STDOUT_FILENO ? PRINTER_COLOUR : 0;
}

/* The command */

static struct session     session;
static struct run_options options;
static char              *words[4];
static char               directory[] = "/tmp/run_command.XXXXXX";
static bool               has_directory;
static char               path[sizeof(directory) + 16];

/* Begins a test with the words of a script that exists. */
static void begin_command(void)
{
    int fd;

    if (!has_directory)
        CHECK(mkdtemp(directory) != NULL);
    has_directory = true;
    memset(&played, 0, sizeof(played));
    played.error = -EIO;
    played.socket = strdup("/nowhere/socket");
    played.whole = -1;
    (void) snprintf(path, sizeof(path), "%s/script", directory);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, "web: true\n", 10) == 10);
    close(fd);
    session = (struct session){0};
    options = (struct run_options){.words = words};
    result_files_init(&options.front.results);
    words[0] = path;
    words[1] = "one";
    words[2] = NULL;
}

/* Returns the sum of the numbers of the lowest descriptors that are free. */
static int sum_free(void)
{
    int fds[6], sum = 0;

    for (int i = 0; i < 6; i++)
        sum += fds[i] = dup(STDIN_FILENO);
    for (int i = 0; i < 6; i++)
        close(fds[i]);
    return sum;
}

/* Runs the command, and checks its status, its steps and what it says. */
static void check_command(int status, const char *steps, const char *said)
{
    struct invocation invocation = {
        .command = &command_run, .session = &session, .options = &options};
    int before = sum_free();

    said_begin();
    CHECK_EQUAL(command_run.run(&invocation), status);
    said_check(said);
    check_written(&played.steps, steps);
    CHECK_EQUAL(sum_free(), before); /* no descriptor is left open */
    free(played.socket);
}

static void end_commands(void)
{
    directory_remove(directory);
}

#define OPENED "pipes make logs results run remove close close-logs "

static void a_script_is_run_at_a_place_of_its_own(void)
{
    begin_command();
    played.status = 5;
    check_command(5, OPENED, "");
    CHECK_EQUAL(session.ended_by, SIGHUP);
    CHECK(played.script.name == path && played.script.scope.name == path);
    CHECK(played.script.scope.arguments == words + 1 &&
          played.script.variables == &options.variables);
    CHECK(played.script.procfile == NULL && played.script.each == NULL &&
          played.script.plan == NULL);
    CHECK(!played.is_inherited);
    CHECK(played.front.own_place && played.front.has_all_starts && !played.front.any);
    CHECK_EQUAL(played.front.printer,
                PRINTER_PARTIAL | PRINTER_TWO | PRINTER_COLOUR | PRINTER_NAMES);

    begin_command(); /* standard input is not closed */
    words[0] = "-";
    options.no_prefix = options.timestamps = options.front.any = true;
    check_command(0, OPENED, "");
    CHECK(played.script.fd == STDIN_FILENO && fcntl(STDIN_FILENO, F_GETFD) >= 0);
    CHECK_TEXT(played.script.name, "stdin");
    CHECK_TEXT(played.script.scope.name, "stdin");
    CHECK_EQUAL(played.front.printer,
                PRINTER_PARTIAL | PRINTER_TWO | PRINTER_COLOUR | PRINTER_TIMES);
    CHECK(played.front.any);

    begin_command();
    options.no_prefix = true;
    check_command(0, OPENED, "");
    CHECK_EQUAL(played.front.printer, PRINTER_PARTIAL | PRINTER_TWO | PRINTER_COLOUR);
    end_commands();
}

static void the_user_may_name_the_place(void)
{
    begin_command();
    session.label = "label";
    check_command(0, "pipes label/ find logs results run release close close-logs ", "");
    CHECK(!played.front.own_place);

    begin_command();
    session.socket = "socket";
    check_command(0, "pipes /socket find logs results run release close close-logs ", "");

    begin_command(); /* a script in a script */
    session.socket = "socket";
    session.scripted = true;
    check_command(0, OPENED, "");
    CHECK(played.front.own_place);

    begin_command();
    session.socket = "socket";
    played.fails = "find";
    played.error = -EINVAL;
    check_command(STATUS_USAGE, "pipes /socket find close close-logs ", "k3thread: run: no find\n");

    begin_command();
    played.fails = "make";
    check_command(STATUS_INTERNAL, "pipes make close close-logs ", "k3thread: run: no make\n");
    end_commands();
}

/* Checks that a script at NAME is refused with STATUS. */
static void check_refused(char *name, int status, const char *said)
{
    char text[256];

    begin_command();
    words[0] = name;
    (void) snprintf(text, sizeof(text), "k3thread: run: %s\n", said);
    check_command(status, "", text);
}

static void a_script_that_cannot_be_read_is_refused(void)
{
    int kept = dup(STDIN_FILENO);

    check_refused("/nowhere/script", STATUS_NOT_FOUND,
                  "FileNotFoundError: /nowhere/script: No such file or directory");
    check_refused("/dev", STATUS_NOT_EXECUTABLE, "/dev: Is a directory");
    check_refused("/dev/null/script", STATUS_NOT_EXECUTABLE, "/dev/null/script: Not a directory");
    close(STDIN_FILENO);
    CHECK_EQUAL(open("/", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    check_refused("-", STATUS_NOT_EXECUTABLE, "stdin: Is a directory");
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0 && dup2(kept, STDIN_FILENO) == STDIN_FILENO);
    end_commands();
}

static void a_script_at_a_terminal_does_not_take_it(void)
{
    int   terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
    pid_t pid;

    CHECK(terminal >= 0 && unlockpt(terminal) == 0);
    begin_command();
    words[0] = ptsname(terminal);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(setsid() >= 0);
        check_command(0, OPENED, "");
        CHECK(open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 && errno == ENXIO);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    end_commands();
}

static void files_that_cannot_be_made_are_an_error(void)
{
    begin_command();
    played.fails = "pipes"; /* before the place is made, so that an interrupt leaves nothing */
    check_command(STATUS_INTERNAL, "pipes close close-logs ", "k3thread: run: no pipes\n");
    begin_command();
    played.fails = "logs";
    check_command(STATUS_INTERNAL, "pipes make logs remove close close-logs ",
                  "k3thread: run: no logs\n");
    begin_command();
    played.fails = "results";
    check_command(STATUS_INTERNAL, "pipes make logs results remove close close-logs ",
                  "k3thread: run: no results\n");
    end_commands();
}

static void words_are_run_with_each(void)
{
    begin_command();
    options.each = options.nul = true;
    words[0] = "echo";
    check_command(0, OPENED, "");
    CHECK(played.script.fd == STDIN_FILENO && played.script.variables == &options.variables);
    CHECK_TEXT(played.script.name, "stdin");
    CHECK(played.each.command == words && played.each.nul);
    CHECK(played.each.file.fd == STDIN_FILENO && played.each.file.begun);
    CHECK(!played.front.has_all_starts);
    end_commands();
}

static void a_procfile_is_read_before_it_is_run(void)
{
    begin_command();
    options.procfile = path;
    options.words = NULL;
    options.port = 3;
    check_command(0, "names0 port3  procfile " OPENED, "");
    CHECK(played.script.procfile != NULL && played.procfile.count == 1);
    CHECK(played.script.variables == &played.script.procfile->variables);
    CHECK(played.script.name == path && played.script.scope.name == path);
    CHECK(played.script.scope.arguments == NULL);
    CHECK(played.front.any);

    begin_command();
    options.procfile = path;
    options.words = words + 1;
    words[1] = "web";
    options.has_env_file = true;
    check_command(0, "namesweb port0 variables procfile " OPENED, "");
    CHECK(played.script.variables == &options.variables);

    begin_command();
    options.procfile = path;
    options.words = NULL;
    played.fails = "procfile";
    played.error = 9;
    check_command(9, "names0 port0  procfile ", "");
    end_commands();
}

static void what_failed_is_run_again(void)
{
    begin_command();
    options.retry = "earlier";
    played.status = 6;
    check_command(6, "whole earlier pipes make plan logs results run remove close close-logs ", "");
    CHECK(played.script.fd == played.whole && played.script.plan != NULL);
    CHECK(fcntl(played.whole, F_GETFD) < 0);

    begin_command(); /* nothing is made, nor emptied */
    options.retry = "earlier";
    played.nothing = true;
    played.status = 6;
    check_command(0, "whole earlier pipes make plan remove close close-logs ", "");

    begin_command();
    options.retry = "earlier";
    played.fails = "plan";
    played.error = 9;
    check_command(9, "whole earlier pipes make plan remove close close-logs ", "");

    begin_command();
    options.retry = "earlier";
    played.fails = "earlier";
    played.error = 9;
    check_command(9, "whole earlier ", "");

    begin_command();
    options.retry = "earlier";
    options.each = true;
    check_command(0, "whole earlier pipes make plan logs results run remove close close-logs ", "");
    CHECK_EQUAL(played.each.file.fd, played.whole);

    begin_command();
    options.retry = "earlier";
    options.each = true;
    played.fails = "whole";
    check_command(STATUS_INTERNAL, "whole ", "k3thread: run: stdin: Input/output error\n");
    end_commands();
}

TEST_MAIN({"script", a_script_is_run_at_a_place_of_its_own}, {"place", the_user_may_name_the_place},
          {"refused", a_script_that_cannot_be_read_is_refused},
          {"terminal", a_script_at_a_terminal_does_not_take_it},
          {"files", files_that_cannot_be_made_are_an_error}, {"each", words_are_run_with_each},
          {"procfile", a_procfile_is_read_before_it_is_run}, {"again", what_failed_is_run_again})
