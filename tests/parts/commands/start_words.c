/* Tests the options of `start` and `daemon`: what they ask the supervisor for, and which of them are refused. */
#include "tests/parts/commands/played_starts.h"

#include "cli/base/descriptor_path.h"
#include "cli/base/variables.h"
#include "cli/terminal/pty.h"

/* This process */

static int  terminal = -1; /* the standard descriptor that is a terminal */
static int  appended;      /* how often a descriptor was made to append */
static int  append_error;
static int  releases;          /* of the lists of variables, of which a command line has two */
static bool no_list, no_merge; /* there is no memory for a list of words, or for an environment */
static int  additions = -1;    /* how many variables can be added; negative: any number */

int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
    return fd == terminal;
}

struct pty_size __wrap_pty_size(int fd);
struct pty_size __wrap_pty_size(int fd)
{
    CHECK_EQUAL(fd, terminal);
    return (struct pty_size){.rows = 50, .columns = 132};
}

int __real_descriptor_path_append(const char *path);
int __wrap_descriptor_path_append(const char *path);
int __wrap_descriptor_path_append(const char *path)
{
    appended++;
    return append_error != 0 ? append_error : __real_descriptor_path_append(path);
}

int __real_variables_add(struct variables *variables, const char *word);
int __wrap_variables_add(struct variables *variables, const char *word);
int __wrap_variables_add(struct variables *variables, const char *word)
{
    return additions-- == 0 ? -ENOMEM : __real_variables_add(variables, word);
}

void __real_variables_release(struct variables *variables);
void __wrap_variables_release(struct variables *variables);
void __wrap_variables_release(struct variables *variables)
{
    releases++;
    __real_variables_release(variables);
}

char **__real_variables_merge(char *const *environment, const struct variables *const *lists,
                              size_t count);
char **__wrap_variables_merge(char *const *environment, const struct variables *const *lists,
                              size_t count);
char **__wrap_variables_merge(char *const *environment, const struct variables *const *lists,
                              size_t count)
{
    return no_merge ? NULL : __real_variables_merge(environment, lists, count);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return no_list && size == sizeof(char *) ? NULL : __real_calloc(count, size);
}

/* Plays */

#define STARTED RESULT(1, "{'id':1}")

/* The request of `start -C / OPTIONS true`: FIRST stands before the members, and LAST behind them. */
#define ASKED(first, last)                                                                         \
    REQUEST(1, "start",                                                                            \
            "'command':['true'],'environment':true,'directory':'/','umask':18," first              \
            "'members':['id']" last)
#define START(options, first, last)                                                                \
    {                                                                                              \
        .words = "start -C / " options " true", .replies = STARTED,                                \
        .requests = ASKED(first, last), .out = "1\n",                                              \
    }
#define REFUSED(options, message)                                                                  \
    {                                                                                              \
        .words = "start -C / " options " true",                                                    \
        .err = "k3thread: start: ValueError: " message "\n", .status = 64,                         \
    }
#define WRONG(options, message)                                                                    \
    {                                                                                              \
        .words = "start -C / " options " true",                                                    \
        .err = "k3thread: start: " message "\n"                                                    \
               "Try 'k3thread start --help' for more.\n",                                          \
        .status = 64,                                                                              \
    }
#define NO_SIZE(word) REFUSED("--log-limit=" word, "--log-limit: '" word "' is no size; 1M is one")
#define NO_TIME(option)                                                                            \
    REFUSED(option "=x", option ": 'x' is no time; seconds, or 200ms, 1.5s, 2m, 1h")

static void options_are_asked_for(void)
{
    static char             *none[] = {NULL};
    static const struct play plays[] = {
        START("", "", ""),
        START("-n web", "", ",'name':'web'"),
        START("--name=web --if-absent", "", ",'if_absent':true,'name':'web'"),
        WRONG("--if-absent", "--if-absent goes with --name"),
        START("-a 1", "", ",'after':1.0"),
        START("--after=200ms", "", ",'after':0.2"),
        START("-t 2", "", ",'timeout':2.0"),
        START("--timeout=2m", "", ",'timeout':120.0"),
        START("-g 0", "", ",'grace':0.0"),
        START("--grace=3", "", ",'grace':3.0"),
        START("--ready-timeout=4", "", ",'ready_timeout':4.0"),
        NO_TIME("--after"),
        NO_TIME("--timeout"),
        NO_TIME("--grace"),
        NO_TIME("--ready-timeout"),
        START("-d", "", ",'daemon':true"),
        START("--daemon", "", ",'daemon':true"),
        START("--stop-signal=int", "", ",'stop_signal':'int'"),
        REFUSED("--stop-signal=x", "--stop-signal: 'x' is no signal; SIGINT is one"),
        START("-r always", "", ",'restart':'always'"),
        START("--restart=on-failure:3", "", ",'restart':'on-failure:3'"),
        START("--ready=fd:3", "", ",'ready':'fd:3'"),
        START("--host=far", "", ",'host':'far'"),
        START("--needs=db --needs=7:ended", "", ",'needs':['db','7:ended']"),
        START("--needs=7", "", ",'needs':[7]"),
        REFUSED("--needs=db-*", "--needs: 'db-*' is a pattern; give one name or id"),
        WRONG("--needs=:ended", "--needs wants a name or an id, not ':ended'"),
        START("--leash=1", "", ",'leash':1"),
        START("--leash=2147483647", "", ",'leash':2147483647"),
        REFUSED("--leash=0", "--leash takes a number that is the id of a process, not '0'"),
        REFUSED("--leash=2147483648",
                "--leash takes a number that is the id of a process, not '2147483648'"),
        START("--log-limit=1", "'log_limit':1,", ""),
        START("--log-limit=010", "'log_limit':10,", ""),
        START("--log-limit=9K", "'log_limit':9216,", ""),
        START("--log-limit=2M", "'log_limit':2097152,", ""),
        START("--log-limit=1G", "'log_limit':1073741824,", ""),
        START("--log-limit=4294967296G", "'log_limit':4611686018427387904,", ""),
        START("--log-limit=4611686018427387904", "'log_limit':4611686018427387904,", ""),
        NO_SIZE("4294967297G"),
        NO_SIZE("4611686018427387905"),
        NO_SIZE("99999999999999999999"),
        NO_SIZE("0"),
        NO_SIZE("0K"),
        NO_SIZE(""),
        NO_SIZE("K"),
        NO_SIZE("-1"),
        NO_SIZE("+1"),
        NO_SIZE("/"),
        NO_SIZE(":1"),
        NO_SIZE("1k"),
        NO_SIZE("1KK"),
        START("-i", "'input':true,", ""),
        START("--input", "'input':true,", ""),
        START("-i/in", "'input':'/in',", ""),
        START("--input=in", "'input':'//in',", ""),
        WRONG("--input=", "--input wants a file's name"),
        START("-o out", "'output':'//out',", ""),
        START("--output=/tmp/out", "'output':'/tmp/out',", ""),
        WRONG("--output=", "--output wants a file's name"),
        WRONG("-e 1", "--env wants NAME=VALUE, not '1'"),
        REFUSED("--env-file=/no/such", "--env-file: /no/such: No such file or directory"),
        WRONG("--call=lib.so", "--call wants LIBRARY:FUNCTION, not 'lib.so'"),
        WRONG("--nice", "unrecognized option '--nice'"),
        /* What stands behind the command is its own. */
        {.words = "start --directory=/ -- echo -d --name=web",
         .replies = STARTED,
         .requests = REQUEST(1, "start",
                             "'command':['echo','-d','--name=web'],'environment':true,'directory':'"
                             "/','umask':18,'members':['id']"),
         .out = "1\n"},
        {.words = "start echo -d",
         .replies = STARTED,
         .requests = REQUEST(1, "start",
                             "'command':['echo','-d'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id']"),
         .out = "1\n"},
        {.words = "start -C usr true",
         .replies = STARTED,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'//"
                             "usr','umask':18,'members':['id']"),
         .out = "1\n"},
        {.words = "start",
         .err = "k3thread: start: no command to start\n"
                "Try 'k3thread start --help' for more.\n",
         .status = 64},
        {.words = "start -C / --call=lib.so:f",
         .replies = STARTED,
         .requests = REQUEST(1, "start",
                             "'command':['lib.so:f'],'call':true,'environment':true,'directory':'/"
                             "','umask':18,'members':['id']"),
         .out = "1\n"},
        {.words = "start -C / --call=lib.so:f a -b c",
         .replies = STARTED,
         .requests = REQUEST(1, "start",
                             "'command':['lib.so:f','a','-b','c'],'call':true,'environment':true,'"
                             "directory':'/','umask':18,'members':['id']"),
         .out = "1\n"},
        {.words = "daemon -C / true",
         .replies = STARTED,
         .requests = ASKED("", ",'daemon':true"),
         .out = "1\n"},
        {.words = "start -C /no/such true",
         .err = "k3thread: start: ValueError: --directory: /no/such: No such file or directory\n",
         .status = 64},
        {.words = "start -C /dev/null true",
         .err = "k3thread: start: ValueError: --directory: /dev/null: Not a directory\n",
         .status = 64},
    };

    begin(none);
    PLAY_ALL(plays);
    CHECK_EQUAL(releases, 2 * sizeof(plays) / sizeof(plays[0]));
}

/* A start with the variables LIST. */
#define START_WITH(options, list, middle)                                                          \
    {                                                                                              \
        .words = "start -C / " options " true", .replies = STARTED,                                \
        .requests = REQUEST(1, "start",                                                            \
                            "'command':['true'],'environment':[" list "]," LIMITED                 \
                            "'directory':'/','umask':18," middle "'members':['id']"),              \
        .out = "1\n",                                                                              \
    }

/* The same, on another machine. */
#define START_FAR(options, environment, middle)                                                    \
    {                                                                                              \
        .words = "start " options " true", .replies = STARTED, .far = true,                        \
        .requests = REQUEST(1, "start",                                                            \
                            "'command':['true'],'environment':true," environment middle            \
                            "'members':['id']"),                                                   \
        .out = "1\n",                                                                              \
    }

/* With a terminal; the second is of the default size. */
#define TTY     "'tty':true,'rows':50,'columns':132,"
#define BAD_TTY "'tty':true,'rows':24,'columns':80,"

static void variables_are_added(void)
{
    static char             *two[] = {"A=1", "B=2", NULL};
    static const struct play plays[] = {
        START_WITH("-e C=3 --env=A=4", "'B=2','C=3','A=4'", ""),
        START_WITH("--env-file=/tmp/k3thread-words.env -e B=7", "'A=1','X=9','B=7'", ""),
        START_WITH("-e B=7 --env-file=/tmp/k3thread-words.env", "'A=1','X=9','B=7'", ""),
        START_WITH("--env-file=/tmp/k3thread-words.env", "'A=1','X=9','B=8'", ""),
        START_WITH("--env-file=/tmp/k3thread-words.env -e C=1 -e D=2",
                   "'A=1','X=9','B=8','C=1','D=2'", ""),
        START_FAR("", "", ""),
        START_FAR("-e C=3 -C /no/such -o out", "'variables':['C=3'],'directory':'/no/such',",
                  "'output':'out',"),
    };
    int fd;

    begin(two);
    fd = open("/tmp/k3thread-words.env", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && dprintf(fd, "X=9\nB=8\n") > 0);
    close(fd);
    PLAY_ALL(plays);
    CHECK(unlink("/tmp/k3thread-words.env") == 0);
}

/* The type of the terminal is that of this process's, if the command would not get it otherwise. */
static void a_terminal_has_a_size_and_a_type(void)
{
    static char             *none[] = {NULL}, *empty[] = {"TERM=", NULL}, *vt[] = {"TERM=vt", NULL};
    static const struct play unknown[] = {
        START_WITH("--tty", "'TERM=xterm'", BAD_TTY),
        START_WITH("--tty -e TERM=x", "'TERM=x'", BAD_TTY),
        START_FAR("--tty", "'variables':['TERM=xterm'],", BAD_TTY),
        START("", "", ""),
    };
    static const struct play not_set[] = {START_WITH("--tty", "'TERM=xterm'", BAD_TTY)};
    static const struct play known[] = {
        START("--tty", BAD_TTY, ""),
        START("--tty -i", "'input':true," BAD_TTY, ""),
        REFUSED("--tty --input=/dev/null",
                "--tty: the terminal is the command's input, so --input takes no FILE"),
        START_WITH("--tty -e TERM=x", "'TERM=x'", BAD_TTY),
        START_FAR("--tty", "'variables':['TERM=vt'],", BAD_TTY),
        START_FAR("--tty -e TERM=x", "'variables':['TERM=x'],", BAD_TTY),
        START_FAR("--tty --env-file=/tmp/k3thread-type.env", "'variables':['TERM=f'],", BAD_TTY),
        START_FAR("", "", ""),
    };
    static const struct play sized[] = {START("--tty", TTY, "")};
    int                      fd;

    begin(none);
    fd = open("/tmp/k3thread-type.env", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && dprintf(fd, "TERM=f\n") > 0);
    close(fd);
    PLAY_ALL(unknown);
    begin(empty);
    PLAY_ALL(not_set);
    begin(vt);
    PLAY_ALL(known);
    CHECK(unlink("/tmp/k3thread-type.env") == 0);
    for (terminal = 0; terminal < 3; terminal++)
        PLAY_ALL(sized);
    terminal = 3; /* is none of the standard descriptors */
    play(&known[0]);
}

static void inputs_may_be_descriptors(void)
{
    static char             *none[] = {NULL};
    static const struct play plays[] = {
        START("-i/dev/fd/90", "'input':'/proc/version',", ""),
        START("-i/dev/fd/91", "'input':'/dev/null',", ""),
        REFUSED("-i/dev/fd/92", "--input: /dev/fd/92 is no file that has a name; start --wait "
                                "copies it, and send writes to a thread that has --input without "
                                "a FILE"),
        REFUSED("-i/dev/fd/93", "--input: /dev/fd/93 is not open for reading"),
        REFUSED("-i/dev/fd/94", "--input: /dev/fd/94 is not open for reading"),
        {.words = "start -i/dev/fd/90 true",
         .far = true,
         .err = "k3thread: start: ValueError: --input: /dev/fd/90 is on this machine, and the "
                "command is not; start --wait --input copies standard input\n",
         .status = 64},
    };
    int ends[2];

    begin(none);
    CHECK(dup3(open("/proc/version", O_RDONLY | O_CLOEXEC), 90, O_CLOEXEC) == 90);
    CHECK(dup3(open("/dev/null", O_RDWR | O_CLOEXEC), 91, O_CLOEXEC) == 91);
    CHECK(pipe2(ends, O_CLOEXEC) == 0 && dup3(ends[0], 92, O_CLOEXEC) == 92);
    CHECK(dup3(ends[1], 93, O_CLOEXEC) == 93);
    PLAY_ALL(plays);
}

static void outputs_may_be_descriptors(void)
{
    static char             *none[] = {NULL};
    static const struct play plays[] = {
        START("-o /dev/fd/90", "'output':'/dev/full',", ""),
        REFUSED("-o /dev/fd/91", "--output: /dev/fd/91 is not open for writing"),
        REFUSED("-o /dev/fd/92", "--output: /dev/fd/92 is no file that has a name; without "
                                 "--output, run and start --wait print the command's output"),
        {.words = "start -o /dev/fd/90 true",
         .far = true,
         .err = "k3thread: start: ValueError: --output: /dev/fd/90 is on this machine, and the "
                "command is not; without --output, start --wait prints its output\n",
         .status = 64},
    };
    static const struct play refused = REFUSED(
        "-o /dev/fd/90", "--output: /dev/fd/90 cannot be made to append: Input/output error");
    int ends[2];

    begin(none);
    CHECK(dup3(open("/dev/full", O_WRONLY | O_CLOEXEC), 90, O_CLOEXEC) == 90);
    CHECK(dup3(open("/dev/null", O_RDONLY | O_CLOEXEC), 91, O_CLOEXEC) == 91);
    CHECK(pipe2(ends, O_CLOEXEC) == 0 && dup3(ends[1], 92, O_CLOEXEC) == 92);
    PLAY_ALL(plays);
    CHECK_EQUAL(appended, 2);
    append_error = -EIO;
    play(&refused);
}

static void without_memory_nothing_starts(void)
{
    static char             *none[] = {NULL};
    static const struct play words[] = {
        {.words = "start -C / --needs=db true",
         .err = "k3thread: MemoryError: out of memory\n",
         .status = 1},
        {.words = "start -C / --call=lib.so:f",
         .err = "k3thread: MemoryError: out of memory\n",
         .status = 1},
    };
    static const struct play type = {.words = "start -C / --tty true",
                                     .err = "k3thread: start: MemoryError: out of memory\n",
                                     .status = 1};
    static const struct play variable = {.words = "start -C / -e A=1 -e B=2 true",
                                         .err = "k3thread: MemoryError: out of memory\n",
                                         .status = 1};
    static const struct play merge = {.words = "start -C / -e A=1 true",
                                      .err = "k3thread: start: MemoryError: out of memory\n",
                                      .status = 1};

    begin(none);
    no_list = true;
    PLAY_ALL(words);
    no_list = false;
    additions = 0;
    play(&type);
    additions = 1;
    play(&variable);
    additions = -1;
    no_merge = true;
    play(&merge);
}

TEST_MAIN({"options", options_are_asked_for}, {"variables", variables_are_added},
          {"terminal", a_terminal_has_a_size_and_a_type}, {"outputs", outputs_may_be_descriptors},
          {"inputs", inputs_may_be_descriptors}, {"memory", without_memory_nothing_starts})
