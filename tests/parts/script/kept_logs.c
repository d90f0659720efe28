/* Tests the logs that `run --logs` keeps (cli/script/kept_logs.h), and the machines of a run (run_hosts.h). */
#include "tests/parts/pair.h"

#include "cli/base/directory.h"
#include "cli/remote/carrier.h"
#include "cli/script/kept_logs.h"
#include "cli/script/run_hosts.h"

#include <sys/stat.h>

/* A run whose logs are in a directory of the test's, and the directory that shall keep them. */
struct fixture {
    char              directory[64];
    struct run_output output;
    struct kept_logs  kept;
    char              to[80];
};

static struct fixture *begin(void)
{
    static struct fixture fixture;

    fixture = (struct fixture){.directory = "/tmp/kept_logs.XXXXXX", .kept.fd = -1};
    CHECK(mkdtemp(fixture.directory) != NULL);
    (void) snprintf(fixture.to, sizeof(fixture.to), "%s/a/b", fixture.directory);
    fixture.kept.directory = fixture.to;
    fixture.output.logs = fixture.directory;
    return &fixture;
}

static void end(struct fixture *fixture)
{
    kept_logs_close(&fixture->kept);
    run_threads_release(&fixture->output.threads);
    directory_remove(fixture->directory);
    CHECK(access(fixture->directory, F_OK) < 0);
}

/* Returns the path of the file NAME, of the run's logs or, if IS_KEPT, of the kept ones. */
static const char *path_of(const struct fixture *fixture, bool is_kept, const char *name)
{
    static char path[160];

    (void) snprintf(path, sizeof(path), "%s/%s", is_kept ? fixture->to : fixture->directory, name);
    return path;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t) size);
    close(fd);
}

/* Adds the thread ID named NAME, whose log has BYTES if they are not NULL. */
static json_t *add(struct fixture *fixture, int id, const char *name, const char *bytes)
{
    json_t *thread = json_pack("{s:i, s:s}", "id", id, "name", name);
    char    log[32];

    CHECK(thread != NULL && run_threads_update(&fixture->output.threads, thread) != NULL);
    json_decref(thread);
    (void) snprintf(log, sizeof(log), "%d.log", id);
    if (bytes != NULL)
        write_file(path_of(fixture, false, log), bytes, strlen(bytes));
    return thread;
}

/* Checks that the kept file NAME holds WANTED, or is missing if that is NULL. */
static void check_kept(const struct fixture *fixture, const char *name, const char *wanted)
{
    int         fd = open(path_of(fixture, true, name), O_RDONLY | O_CLOEXEC);
    struct text text = {0};
    char        bytes[256];
    ssize_t     size;

    CHECK((fd >= 0) == (wanted != NULL));
    if (fd < 0)
        return;
    size = read(fd, bytes, sizeof(bytes));
    CHECK(size >= 0);
    text_append(&text, bytes, (size_t) size);
    check_written(&text, wanted);
    close(fd);
}

/* Checks that THREAD's description names the kept file NAME. */
static void check_log(const struct fixture *fixture, const json_t *thread, const char *name)
{
    const char *log = json_string_value(json_object_get(thread, "log"));

    CHECK(log != NULL && strcmp(log, path_of(fixture, true, name)) == 0);
}

static void keep(struct fixture *fixture, bool move)
{
    struct text why = {0};

    CHECK_EQUAL(kept_logs_open(&fixture->kept, &why), 0);
    CHECK(fcntl(fixture->kept.fd, F_GETFD) == FD_CLOEXEC);
    CHECK_EQUAL(kept_logs_take(&fixture->kept, &fixture->output, move, &why), 0);
    CHECK_EQUAL(why.size, 0);
}

static void logs_are_kept_by_their_names(void)
{
    for (int move = 0; move < 2; move++) {
        struct fixture *fixture = begin();
        json_t         *one = add(fixture, 1, "x", "one\n"), *none = add(fixture, 2, "x", NULL);
        json_t         *two = add(fixture, 4, "x", "two\n");
        int             open = test_count_open();

        keep(fixture, move != 0);
        check_kept(fixture, "x.log", "one\n");
        check_kept(fixture, "x-2.log", "two\n");
        check_kept(fixture, "x-3.log", NULL);
        check_log(fixture, one, "x.log");
        check_log(fixture, two, "x-2.log");
        CHECK(json_object_get(none, "log") == NULL);
        CHECK((access(path_of(fixture, false, "1.log"), F_OK) < 0) == (move != 0));
        CHECK_EQUAL(test_count_open(), open + 1);
        kept_logs_close(&fixture->kept);
        CHECK(fixture->kept.fd == -1 && fixture->kept.path == NULL);
        CHECK_EQUAL(test_count_open(), open);
        end(fixture);
    }
}

static void a_log_takes_the_place_of_an_earlier_one(void)
{
    struct fixture *fixture = begin();
    struct stat     info;

    CHECK_EQUAL(directory_make_all(fixture->to), 0);
    write_file(path_of(fixture, false, "other"), "other", 5);
    CHECK(symlink("../../other", path_of(fixture, true, "x.log")) == 0);
    write_file(path_of(fixture, true, "y.log"), "much longer than the new one", 28);
    (void) add(fixture, 1, "x", "one\n");
    (void) add(fixture, 2, "y", "two\n");
    (void) add(fixture, 3, "z", "3");
    keep(fixture, false);
    check_kept(fixture, "z.log", "3");
    check_kept(fixture, "x.log", "one\n");
    check_kept(fixture, "y.log", "two\n");
    check_kept(fixture, "../../other", "other"); /* no link is followed */
    CHECK(stat(path_of(fixture, true, "y.log"), &info) == 0);
    CHECK_EQUAL(info.st_mode & 07777, 0600); /* for the user alone */
    end(fixture);
}

static void a_log_is_kept_without_the_holes_of_its_limit(void)
{
    enum { HOLE = 1 << 20, SIZE = 200 * 1024 };
    struct fixture *fixture = begin();
    char           *bytes = malloc(SIZE), *kept = malloc(SIZE);
    int             fd;

    CHECK(bytes != NULL && kept != NULL);
    (void) add(fixture, 1, "x", "");
    for (int i = 0; i < SIZE; i++)
        bytes[i] = i % 64 == 63 ? '\n' : (char) ('a' + i % 23);
    fd = open(path_of(fixture, false, "1.log"), O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(pwrite(fd, bytes, SIZE, HOLE) == SIZE); /* more than one block of a copy */
    close(fd);
    keep(fixture, true);
    fd = open(path_of(fixture, true, "x.log"), O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQUAL(pread(fd, kept, SIZE, 0), SIZE - 64); /* from the first whole line on */
    CHECK(memcmp(bytes + 64, kept, SIZE - 64) == 0);
    close(fd);
    free(bytes);
    free(kept);
    end(fixture);
}

static void a_failure_to_keep_a_log_is_explained(void)
{
    struct fixture *fixture = begin();
    json_t         *one = add(fixture, 1, "x", "one\n"), *two = add(fixture, 2, "y", "two\n");
    struct text     why = {0}, wanted = {0};
    int             open_before = test_count_open();

    CHECK_EQUAL(directory_make_all(fixture->to), 0);
    CHECK(mkdir(path_of(fixture, true, "x.log"), 0700) == 0);
    (void) add(fixture, 3, "x", "three\n");
    (void) add(fixture, 4, "z/z", "four\n"); /* a name that is no file's */
    CHECK_EQUAL(kept_logs_open(&fixture->kept, &why), 0);
    CHECK_EQUAL(kept_logs_take(&fixture->kept, &fixture->output, true, &why), -ENOENT);
    text_printf(&wanted, "cannot keep the log of thread 1 in %s: Is a directory", fixture->to);
    text_byte(&wanted, '\0', 1);
    check_written(&why, wanted.data);
    check_kept(fixture, "y.log", "two\n"); /* the others are kept */
    check_kept(fixture, "x-2.log", "three\n");
    CHECK(json_object_get(one, "log") == NULL);
    check_log(fixture, two, "y.log");
    CHECK_EQUAL(test_count_open(), open_before + 1);
    text_release(&wanted);
    end(fixture);

    fixture =
        begin(); /* nothing is kept without a directory, nor without a supervisor that told of its logs */
    fixture->kept.directory = NULL;
    CHECK_EQUAL(kept_logs_open(&fixture->kept, &why), 0);
    CHECK_EQUAL(fixture->kept.fd, -1);
    (void) add(fixture, 1, "x", "one\n");
    CHECK_EQUAL(kept_logs_take(&fixture->kept, &fixture->output, true, &why), 0);
    fixture->kept.directory = fixture->to;
    CHECK_EQUAL(kept_logs_open(&fixture->kept, &why), 0);
    fixture->output.logs = NULL;
    CHECK_EQUAL(kept_logs_take(&fixture->kept, &fixture->output, true, &why), 0);
    check_kept(fixture, "x.log", NULL);
    end(fixture);
}

/* A system that refuses faccessat2(2), and what it says to access(2): 0, or an error. */
static bool is_old;
static int  said_by_access;

/* Another user who is faster makes a link to this file, in place of one that was removed; or NULL. */
static const char *intruded;

int __real_eaccess(const char *path, int mode);
int __wrap_eaccess(const char *path, int mode);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __real_unlinkat(int directory, const char *name, int flags);
int __wrap_unlinkat(int directory, const char *name, int flags);

int __wrap_eaccess(const char *path, int mode)
{
    errno = is_old ? EPERM : EBADF; /* of an earlier call */
    return is_old ? -1 : __real_eaccess(path, mode);
}

int __wrap_access(const char *path, int mode)
{
    if (!is_old)
        return __real_access(path, mode);
    CHECK_EQUAL(mode, W_OK | X_OK);
    errno = said_by_access != 0 ? said_by_access : errno;
    return said_by_access != 0 ? -1 : 0;
}

int __wrap_unlinkat(int directory, const char *name, int flags)
{
    int result = __real_unlinkat(directory, name, flags);

    if (intruded != NULL)
        CHECK(symlinkat(intruded, directory, name) == 0);
    return result;
}

static void a_log_is_not_written_to_a_file_of_another_user(void)
{
    struct fixture *fixture = begin();
    struct text     why = {0}, wanted = {0};
    char            target[160];

    CHECK_EQUAL(kept_logs_open(&fixture->kept, &why), 0);
    (void) add(fixture, 1, "x", "one\n");
    (void) snprintf(target, sizeof(target), "%s", path_of(fixture, false, "target"));
    intruded = target;
    CHECK_EQUAL(kept_logs_take(&fixture->kept, &fixture->output, false, &why), -EEXIST);
    intruded = NULL;
    text_printf(&wanted, "cannot keep the log of thread 1 in %s: File exists", fixture->to);
    text_byte(&wanted, '\0', 1);
    check_written(&why, wanted.data);
    text_release(&wanted);
    CHECK(access(target, F_OK) < 0);
    end(fixture);
}

/* Checks that no log can be kept in the directory at PATH, because of REASON. */
static void check_refused(const char *path, int error)
{
    struct kept_logs kept = {.directory = path, .fd = -1};
    struct text      why = {0}, wanted = {0};

    CHECK_EQUAL(kept_logs_open(&kept, &why), -error);
    text_printf(&wanted, "cannot keep logs in %s: %s", path, strerror(error));
    text_byte(&wanted, '\0', 1);
    check_written(&why, wanted.data);
    text_release(&wanted);
    kept_logs_close(&kept);
}

static void a_directory_that_takes_no_file_is_refused(void)
{
    struct fixture *fixture = begin();
    int             status;
    pid_t           pid;

    write_file(path_of(fixture, false, "file"), "", 0);
    check_refused(path_of(fixture, false, "file"), ENOTDIR);
    check_refused(path_of(fixture, false, "file/below"), ENOTDIR);
    CHECK_EQUAL(directory_make_all(fixture->to), 0);
    CHECK(chmod(fixture->directory, 0755) == 0);
    CHECK(chmod(path_of(fixture, false, "a"), 0755) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) { /* root may write everywhere */
        CHECK(chmod(fixture->to, 0555) == 0);
        CHECK(geteuid() != 0 || seteuid(65534) == 0);
        check_refused(fixture->to, EACCES);
        CHECK(getuid() != 0 || seteuid(0) == 0);
        CHECK(chmod(fixture->to, 0666) == 0);
        CHECK(geteuid() != 0 || seteuid(65534) == 0);
        check_refused(fixture->to, EACCES);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(chmod(fixture->to, 0700) == 0);
    end(fixture);
}

static void an_old_system_is_asked_in_another_way(void)
{
    struct fixture *fixture = begin();
    struct text     why = {0};

    is_old = true;
    CHECK_EQUAL(kept_logs_open(&fixture->kept, &why), 0);
    said_by_access = EACCES;
    check_refused(fixture->to, EACCES);
    is_old = false;
    end(fixture);
}

/* Machines */

/* Checks the machines that LIST and VIA name, with the commands that reach them; or what is said of them. */
static void check_hosts(const char *list, const char *via, const char *wanted)
{
    struct run_hosts hosts = {0};
    struct text      text = {0};

    if (run_hosts_read(&hosts, list, via, &text) == 0)
        for (size_t i = 0; i < hosts.list.count; i++) {
            text_printf(&text, "%s:%u:", hosts.list.hosts[i].name, hosts.list.hosts[i].slots);
            for (char **word = hosts.commands[i]; *word != NULL; word++)
                text_printf(&text, "%s|", *word);
        }
    check_written(&text, wanted);
    run_hosts_release(&hosts);
}

static void each_machine_has_a_command(void)
{
    CHECK(setenv("OPTION", "-v -q", 1) == 0);
    check_hosts("a,b:3", NULL, "a:0:ssh|a|sh|b:3:ssh|b|sh|");
    check_hosts("a", "run {} -n '{} of {}' {", "a:0:run|a|-n|a of a|{|sh|");
    check_hosts("a", "rsh $OPTION '' user@{}", "a:0:rsh|-v -q||user@a|sh|");
    check_hosts("a", "", "--via: it names no command");
    check_hosts("a", "# none", "--via: it names no command");
    check_hosts("a", "ssh '", "--via: unterminated ' quote");
    check_hosts("a,,b:0", NULL,
                "--hosts: 'b:0': the slots of a host are a number from 1 to 1000000");
}

static void the_supervisor_is_told_of_lost_machines(void)
{
    struct pair     *pair = open_pair();
    struct run_hosts hosts = {0};
    struct text      why = {0};

    CHECK_EQUAL(run_hosts_read(&hosts, "a,b", NULL, &why), 0);
    run_hosts_lose(&hosts, &pair->client);
    check_requests(pair, "{'jsonrpc':'2.0','id':1,'method':'host','params':{'name':'a','lost':'the "
                         "process that reaches it has ended'}}\n"
                         "{'jsonrpc':'2.0','id':2,'method':'host','params':{'name':'b','lost':'the "
                         "process that reaches it has ended'}}\n");
    client_close(&pair->client);
    run_hosts_lose(&hosts, &pair->client);
    run_hosts_release(&hosts);
    CHECK_EQUAL(hosts.list.count, 0);
    close_pair(pair);
}

/* Sends the list of machines to a supervisor that refuses it. Checks the request. */
static void check_refusal(struct pair *pair, const struct run_hosts *hosts, const char *wanted)
{
    pid_t carrier = 0;

    answer(pair, "{'id':1,'error':{'code':-32602,'message':'no'}}\n");
    CHECK_EQUAL(run_hosts_start(hosts, &pair->place, &pair->client, &carrier), -EREMOTEIO);
    CHECK_EQUAL(carrier, 0);
    check_requests(pair, wanted);
}

static void the_supervisor_is_told_of_the_machines(void)
{
    struct pair     *pair = open_pair();
    struct run_hosts hosts = {0};
    struct text      why = {0};

    CHECK_EQUAL(run_hosts_read(&hosts, "a,b:1,c:2", NULL, &why), 0);
    check_refusal(
        pair, &hosts,
        "{'jsonrpc':'2.0','id':1,'method':'hosts','params':{'hosts':[{'name':'a',"
        "'socket':'/nowhere/socket.hosts/0'},{'name':'b','socket':'/nowhere/socket.hosts/"
        "1','slots':1},"
        "{'name':'c','socket':'/nowhere/socket.hosts/2','slots':2}],'reschedule':false}}\n");
    run_hosts_release(&hosts);
    close_pair(pair);

    pair = open_pair();
    hosts.reschedule = true;
    CHECK_EQUAL(run_hosts_read(&hosts, "a", NULL, &why), 0);
    check_refusal(pair, &hosts,
                  "{'jsonrpc':'2.0','id':1,'method':'hosts','params':{'hosts':[{'name':'a',"
                  "'socket':'/nowhere/socket.hosts/0'}],'reschedule':true}}\n");
    run_hosts_release(&hosts);
    close_pair(pair);
}

static const struct run_hosts *reached;
static int                     carrier_error;

int __wrap_carrier_start(const struct carrier_options *carrier, pid_t *ret_pid);

int __wrap_carrier_start(const struct carrier_options *carrier, pid_t *ret_pid)
{
    CHECK(carrier->hosts == &reached->list && carrier->commands == reached->commands);
    CHECK_TEXT(carrier->place->socket, "/nowhere/socket");
    *ret_pid = 4711;
    return carrier_error;
}

static void a_process_reaches_the_machines(void)
{
    struct pair     *pair = open_pair();
    struct run_hosts hosts = {0};
    struct text      why = {0};
    pid_t            carrier = 0;

    reached = &hosts;
    CHECK_EQUAL(run_hosts_read(&hosts, "a", NULL, &why), 0);
    answer(pair, "{'id':1,'result':null}\n{'id':2,'result':null}\n");
    CHECK_EQUAL(run_hosts_start(&hosts, &pair->place, &pair->client, &carrier), 0);
    CHECK_EQUAL(carrier, 4711);
    carrier_error = -EAGAIN;
    CHECK_EQUAL(run_hosts_start(&hosts, &pair->place, &pair->client, &carrier), -EAGAIN);
    run_hosts_release(&hosts);
    close_pair(pair);
}

TEST_MAIN({"names", logs_are_kept_by_their_names},
          {"earlier", a_log_takes_the_place_of_an_earlier_one},
          {"holes", a_log_is_kept_without_the_holes_of_its_limit},
          {"failures", a_failure_to_keep_a_log_is_explained},
          {"refused", a_directory_that_takes_no_file_is_refused},
          {"user", a_log_is_not_written_to_a_file_of_another_user},
          {"old", an_old_system_is_asked_in_another_way}, {"commands", each_machine_has_a_command},
          {"reached", a_process_reaches_the_machines},
          {"lost", the_supervisor_is_told_of_lost_machines},
          {"told", the_supervisor_is_told_of_the_machines})
