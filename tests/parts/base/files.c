/* Tests functions of the program that read files, make directories, resolve paths, and read the states of processes. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/descriptors.h"
#include "cli/base/directory.h"
#include "cli/base/env_file.h"
#include "cli/base/file_end.h"
#include "cli/base/file_lines.h"
#include "cli/base/plain_lines.h"
#include "cli/base/process_state.h"
#include "cli/base/whole_text.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The size of the longest line, without its newline. */
#define LINE_MAX_SIZE ((size_t) 4 * 1024 * 1024 - 1)

/* Returns a new descriptor, at its beginning, of a file of its own that has the SIZE bytes of DATA. */
static int file_with(const char *data, size_t size)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, data, size), size);
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Makes a new directory for a case and enters it; directory_remove() takes it away. */
static void enter_directory(char *template)
{
    CHECK_EQUAL(directory_make_new(template), 0);
    CHECK_EQUAL(chdir(template), 0);
}

/* Returns the number that the next descriptor gets. */
static int next_descriptor(void)
{
    int fd = dup(STDERR_FILENO);

    CHECK(fd >= 0 && close(fd) == 0);
    return fd;
}

static mode_t mode_of(const char *path)
{
    struct stat info;

    CHECK_EQUAL(stat(path, &info), 0);
    return info.st_mode & 07777;
}

/* Checks what the reader of lines gives for BYTES: the lines, each behind a '|'. */
static void check_lines(const char *bytes, const char *wanted)
{
    struct file_lines file = {.fd = file_with(bytes, strlen(bytes))};
    struct text       line = {0}, all = {0};
    int               found;

    errno = EINTR; /* of an earlier call */
    while ((found = file_lines_next(&file, false, &line)) > 0) {
        text_add(&all, "|");
        text_append(&all, line.data, line.size);
        line.size = 0;
    }
    CHECK_EQUAL(found, 0);
    CHECK_EQUAL(file_lines_next(&file, false, &line), 0); /* the end stays the end */
    check_written(&all, wanted);
    text_release(&line);
    file_lines_release(&file);
    close(file.fd);
}

static void lines_are_read(void)
{
    check_lines("", "");
    check_lines("\n", "|\n");
    check_lines("a", "|a");
    check_lines("one\n\ntwo", "|one\n|\n|two");
    check_lines("\xef\xbb\xbfone\n\xef\xbb\xbftwo\n", "|one\n|\xef\xbb\xbftwo\n");
    check_lines("\n\xef\xbb\xbfx\n", "|\n|\xef\xbb\xbfx\n");
    check_lines("\xef\xbb\xbf", "|");
    check_lines("\xef\xbb", "|\xef\xbb");
    check_lines("\xef\xbbx\n", "|\xef\xbbx\n");
}

/* Checks what the reader says of a line of SIZE bytes and what stands BEHIND it. */
static void check_long(size_t size, const char *behind, int wanted)
{
    size_t            length = size + strlen(behind);
    char             *bytes = malloc(length + 1);
    struct file_lines file;
    struct text       line = {0};

    CHECK(bytes != NULL);
    memset(bytes, 'x', size);
    strcpy(bytes + size, behind);
    file = (struct file_lines){.fd = file_with(bytes, length)};
    CHECK_EQUAL(file_lines_next(&file, false, &line), wanted);
    if (wanted == 1) {
        CHECK(line.size >= size);
        CHECK(memcmp(line.data, bytes, line.size) == 0);
    }
    text_release(&line);
    file_lines_release(&file);
    close(file.fd);
    free(bytes);
}

static void long_lines_are_refused(void)
{
    struct file_lines file = {.fd = -1};
    struct text       line = {0};

    check_long(LINE_MAX_SIZE, "\n", 1);
    check_long(LINE_MAX_SIZE, "\nx", 1);
    check_long(LINE_MAX_SIZE + 1, "", 1);
    check_long(LINE_MAX_SIZE + 1, "\n", -E2BIG);
    check_long(LINE_MAX_SIZE + 2, "", -E2BIG);
    check_long(3 * LINE_MAX_SIZE, "", -E2BIG);
    CHECK_EQUAL(file_lines_next(&file, false, &line), -EBADF);
    file.fd = open("/dev/zero", O_RDONLY | O_CLOEXEC); /* an endless line */
    CHECK_EQUAL(file_lines_next(&file, false, &line), -E2BIG);
    file_lines_release(&file);
    close(file.fd);
}

/* Appends NUMBER:LINE| to CONTEXT, a struct text; fails at the line "no". */
static int take_line(void *context, const char *line, size_t number, struct text *why)
{
    text_printf(context, "%zu:%s|", number, line);
    if (strcmp(line, "no") != 0)
        return 0;
    text_add(why, "it says no");
    return -EINVAL;
}

static void plain_lines_are_read(void)
{
    static const struct {
        const char *bytes;
        size_t      size;
        int         error;
        const char *taken, *why;
        size_t      number;
    } table[] = {
        {"", 0, 0, "", "", 0},
        {"a\n# no\n\n \t\n b \r\n\t#\nc", 20, 0, "1:a|5: b |7:c|", "", 7},
        {"a\r\r\n\r\nb\r", 8, 0, "1:a|3:b|", "", 3},
        {"a\nno\nb\n", 7, -EINVAL, "1:a|2:no|", "it says no", 2},
        {"a\nb\0c\nd\n", 8, -EINVAL, "1:a|", "the line holds a NUL byte", 2},
        {"a\n\0\n", 4, -EINVAL, "1:a|", "the line holds a NUL byte", 2},
        {"a\r\nb#\n", 6, 0, "1:a|2:b#|", "", 2},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        struct text taken = {0}, why = {0};
        size_t      number = 99;
        int         fd = file_with(table[i].bytes, table[i].size);

        CHECK_EQUAL(plain_lines_read(fd, take_line, &taken, &number, &why), table[i].error);
        CHECK_EQUAL(number, table[i].number);
        check_written(&taken, table[i].taken);
        check_written(&why, table[i].why);
        close(fd);
    }
    CHECK_TEXT(plain_lines_failure(-E2BIG), "a line is too long");
    CHECK_TEXT(plain_lines_failure(-EISDIR), strerror(EISDIR));
}

/* Checks the variables of a file with BYTES, each with a '|' behind it; or the reason why one of its lines is wrong. */
static void check_variables(const char *bytes, const char *wanted, const char *reason)
{
    struct variables variables = {0};
    struct text      text = {0}, why = {0};
    size_t           number;
    int              fd = file_with(bytes, strlen(bytes));

    CHECK_EQUAL(env_file_read(fd, &variables, &number, &why), *reason != '\0' ? -EINVAL : 0);
    for (size_t i = 0; i < variables.count; i++)
        text_printf(&text, "%s|", variables.list[i]);
    check_written(&text, wanted);
    check_written(&why, reason);
    variables_release(&variables);
    close(fd);
}

static void variables_are_read(void)
{
    static const char none[] = "no variable; NAME=VALUE is one";
    static const char open_quote[] = "the value's quote does not end in this line";
    static const char behind[] = "something follows the value's quote";

    check_variables("A=1\nB=2\n", "A=1|B=2|", "");
    check_variables("\t export \t A \t = \t 1 2 \t\n", "A=1 2|", "");
    check_variables("export=1\nexportA=3\nexport.x=4\n", "export=1|exportA=3|export.x=4|", "");
    check_variables("_=\nz9.-_Z=x\n", "_=|z9.-_Z=x|", "");
    check_variables("A=a # b\nB=#c\nC=a\"b\"\nD=a=b\n", "A=a # b|B=#c|C=a\"b\"|D=a=b|", "");
    check_variables("A='a b' \t\nB='a\\n\"'# c\nC='' #\n", "A=a b|B=a\\n\"|C=|", "");
    check_variables("A=\"a'b\"\nB=\"\\n\\\"\\\\\\$\\x\"\nC=\"$x # y\"\n",
                    "A=a'b|B=\n\"\\$x|C=$x # y|", "");
    check_variables("A\n", "", none);
    check_variables("B=1\n=1\n", "B=1|", none);
    check_variables("1A=1\n", "", none);
    check_variables(".A=1\n", "", none);
    check_variables("A B=1\n", "", none);
    check_variables("export\n", "", none);
    check_variables("export =2\n", "", none);
    check_variables("export A\n", "", none);
    check_variables("expor A=1\n", "", none);
    check_variables("exporT A=1\n", "", none);
    check_variables("export 1=1\n", "", none);
    check_variables("A='x\n'\n", "", open_quote);
    check_variables("A=\"x\\\"\n", "", open_quote);
    check_variables("A=\"x\\\n", "", open_quote);
    check_variables("A='\n", "", open_quote);
    check_variables("A=\"123456789\"\nB=\"x\\\n", "A=123456789|", open_quote);
    check_variables("A= \nB=\t\n", "A=|B=|", "");
    check_variables("A='x'y\n", "", behind);
    check_variables("A=\"x\" y # z\n", "", behind);
}

static void files_of_variables_are_loaded(void)
{
    char             directory[] = "/tmp/k3thread-test-XXXXXX";
    struct variables variables = {0};
    struct text      why = {0};
    FILE            *file;
    int              next = next_descriptor();

    enter_directory(directory);
    file = fopen("env", "we");
    CHECK(file != NULL);
    CHECK(fputs("A=1\n\n# x\nB\n", file) >= 0 && fclose(file) == 0);
    CHECK_EQUAL(env_file_load("env", &variables, &why), -EINVAL);
    check_written(&why, "env:4: no variable; NAME=VALUE is one");
    CHECK_EQUAL(env_file_load("none", &variables, &why), -ENOENT);
    check_written(&why, "none: No such file or directory");
    CHECK_EQUAL(env_file_load(".", &variables, &why), -EISDIR);
    check_written(&why, ".: Is a directory");
    CHECK_EQUAL(variables.count, 1);
    variables_release(&variables);
    CHECK_EQUAL(truncate("env", 4), 0);
    CHECK_EQUAL(env_file_load("env", &variables, &why), 0);
    CHECK_EQUAL(why.size, 0);
    CHECK_EQUAL(variables.count, 1);
    CHECK_EQUAL(next_descriptor(), next); /* each file was closed */
    variables_release(&variables);
    directory_remove(directory);
}

/* A command takes at most 6 MiB of variables, with the NUL behind each. */
static void too_many_variables_are_refused(void)
{
    enum { SIZE = 1024 * 1024 };
    struct variables variables = {0};
    struct text      why = {0}, text = {0};
    size_t           number;
    int              fd;

    for (int i = 0; i < 6; i++) {
        text_add(&text, "A=");
        CHECK(text_reserve(&text, SIZE));
        memset(text.data + text.size, 'x', SIZE - 3);
        text.size += SIZE - 3;
        text_add(&text, "\n");
    }
    fd = file_with(text.data, text.size);
    CHECK_EQUAL(env_file_read(fd, &variables, &number, &why), 0);
    CHECK_EQUAL(variables.size, 6 * SIZE);
    close(fd);
    fd = file_with("B=", 2);
    CHECK_EQUAL(env_file_read(fd, &variables, &number, &why), -EINVAL);
    check_written(&why, "there are more variables than a command can take");
    CHECK_EQUAL(number, 1);
    close(fd);
    text_release(&text);
    variables_release(&variables);
}

static void whole_texts_are_read(void)
{
    enum { SIZE = 64 * 1024 + 5 };
    char       *bytes = malloc(SIZE);
    struct text text = {0}, why = {0};
    int         fd;

    CHECK(bytes != NULL);
    memset(bytes, 'x', SIZE);
    fd = file_with(bytes, SIZE);
    text_add(&text, "before");
    CHECK_EQUAL(whole_text_read(fd, SIZE, &text, &why), 0); /* just as long as it may be */
    CHECK_EQUAL(text.size, 6 + SIZE);
    CHECK(memcmp(text.data, "beforex", 7) == 0 && memcmp(text.data + 6, bytes, SIZE) == 0);
    CHECK_EQUAL(why.size, 0);
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQUAL(whole_text_read(fd, SIZE - 1, &text, &why), -EFBIG);
    check_written(&why, "it is longer than 65540 bytes");
    CHECK_EQUAL(pwrite(fd, "", 1, 64 * 1024), 1); /* in the second piece */
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQUAL(whole_text_read(fd, SIZE, &text, &why), -EINVAL);
    check_written(&why, "it holds a NUL byte");
    close(fd);
    CHECK_EQUAL(whole_text_read(-1, SIZE, &text, &why), -EBADF);
    check_written(&why, strerror(EBADF));
    fd = file_with("", 0);
    errno = EINTR; /* of an earlier call */
    CHECK_EQUAL(whole_text_read(fd, 0, &text, &why), 0);
    CHECK_EQUAL(why.size, 0);
    close(fd);
    fd = file_with("a", 1);
    CHECK_EQUAL(whole_text_read(fd, 1, &text, &why), 0);
    CHECK_EQUAL(text.data[text.size - 1], 'a');
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQUAL(whole_text_read(fd, 0, &text, &why), -EFBIG);
    check_written(&why, "it is longer than 0 bytes");
    CHECK_EQUAL(pwrite(fd, "", 1, 0), 1);
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQUAL(whole_text_read(fd, 1, &text, &why), -EINVAL);
    check_written(&why, "it holds a NUL byte");
    close(fd);
    text_release(&text);
    free(bytes);
}

/* A process without a controlling terminal does not get one by looking at the end of a terminal. */
static void read_end_of_terminal(void)
{
    int  terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char path[64], end[8];

    CHECK(setsid() > 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    CHECK_EQUAL(ptsname_r(terminal, path, sizeof(path)), 0);
    CHECK_EQUAL(file_end_read(path, end, sizeof(end)), 0);
    CHECK(open("/dev/tty", O_RDONLY | O_CLOEXEC) < 0 && errno == ENXIO);
}

static void ends_of_files_are_read(void)
{
    char directory[] = "/tmp/k3thread-test-XXXXXX", path[64], end[8];
    int  fd = file_with("0123456789", 10);

    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    CHECK_EQUAL(file_end_read(path, end, 3), 3);
    CHECK(memcmp(end, "789", 3) == 0);
    CHECK_EQUAL(ftruncate(fd, 4), 0);
    CHECK_EQUAL(file_end_read(path, end, 4), 4);
    CHECK(memcmp(end, "0123", 4) == 0);
    CHECK_EQUAL(file_end_read(path, end, 8), 4);
    CHECK(memcmp(end, "0123", 4) == 0);
    CHECK_EQUAL(ftruncate(fd, 1), 0);
    CHECK_EQUAL(file_end_read(path, end, 8), 1);
    CHECK_EQUAL(ftruncate(fd, 0), 0);
    CHECK_EQUAL(file_end_read(path, end, 8), 0);
    enter_directory(directory);
    CHECK_EQUAL(mkfifo("fifo", 0600), 0);
    CHECK_EQUAL(file_end_read("fifo", end, 8), 0); /* and it waits for no writer */
    directory_remove(directory);
    CHECK_EQUAL(file_end_read("/dev/zero", end, 8), 0);
    CHECK_EQUAL(file_end_read("/none", end, 8), 0);
    CHECK_EQUAL(test_child(read_end_of_terminal, end, sizeof(end)), 0);
    CHECK_EQUAL(next_descriptor(), fd + 1); /* all others were closed */
    close(fd);
}

static void directories_are_made(void)
{
    char directory[] = "/tmp/k3thread-test-XXXXXX", path[] = "a/b/c/file", file[] = "file/x";
    char nowhere[] = "/tmp/none/k3thread-test-XXXXXX", below_file[] = "file/y/z";
    char absolute[64], longer[300] = "", outside[] = "/tmp/k3thread-test-XXXXXX";
    int  fd;

    umask(0777);
    enter_directory(directory);
    CHECK_EQUAL(mode_of("."), 0700);
    CHECK_EQUAL(directory_make_new(nowhere), -ENOENT);
    CHECK_EQUAL(directory_make("one"), 0);
    CHECK_EQUAL(mode_of("one"), 0700);
    CHECK_EQUAL(directory_make("one"), -EEXIST);
    CHECK_EQUAL(directory_make_all("one"), 0);
    CHECK_EQUAL(directory_make_all("x/y/z"), 0);
    CHECK(mode_of("x") == 0700 && mode_of("x/y") == 0700 && mode_of("x/y/z") == 0700);
    CHECK_EQUAL(directory_make_all("x/y/v"), 0);
    (void) snprintf(absolute, sizeof(absolute), "%s/v/w", directory);
    CHECK_EQUAL(directory_make_all(absolute), 0);
    CHECK_EQUAL(directory_make_all("fresh/."), 0);
    memset(longer, 'x', sizeof(longer) - 1);
    memcpy(longer, "new/", 4);
    CHECK_EQUAL(directory_make_all(longer), -ENAMETOOLONG);
    CHECK_EQUAL(mode_of("v/w"), 0700);
    CHECK_EQUAL(umask(022), 0777); /* it is as it was */
    CHECK_EQUAL(directory_make_parents(path), 0);
    CHECK_TEXT(path, "a/b/c/file");
    CHECK_EQUAL(mode_of("a/b/c"), 0700);
    CHECK(access("a/b/c/file", F_OK) < 0);
    CHECK_EQUAL(directory_make_parents(path), 0);
    fd = open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    close(fd);
    CHECK_EQUAL(directory_make_parents(file),
                0); /* "file" exists, and that it is no directory shows later */
    CHECK_EQUAL(directory_make_all("file/x"), -ENOTDIR);
    CHECK_EQUAL(directory_make_parents(below_file), -ENOTDIR);
    CHECK_TEXT(below_file, "file/y/z");
    CHECK_EQUAL(directory_make_new(outside), 0);
    CHECK(symlink(outside, "link") == 0 && link("file", "again") == 0);
    (void) snprintf(absolute, sizeof(absolute), "%s/kept", outside);
    CHECK_EQUAL(rename("again", absolute), 0);
    directory_remove(directory); /* a link in it is removed, and what it leads to stays */
    CHECK(access(directory, F_OK) < 0);
    CHECK_EQUAL(access(absolute, F_OK), 0);
    directory_remove(outside);
}

/* Checks what PATH, below DIRECTORY, becomes; NULL: it cannot be resolved. */
static void check_resolved(const char *directory, const char *path, const char *wanted)
{
    char  given[4096], expected[4096];
    char *resolved;

    (void) snprintf(given, sizeof(given), "%s/%s", directory, path);
    resolved = directory_resolve(given);
    CHECK_EQUAL(resolved != NULL, wanted != NULL);
    if (wanted == NULL)
        return;
    (void) snprintf(expected, sizeof(expected), "%s%s", directory, wanted);
    CHECK_TEXT(resolved, expected);
    free(resolved);
}

static void paths_are_resolved(void)
{
    char  directory[] = "/tmp/k3thread-test-XXXXXX", far[64], deep[600] = "", self[64], given[64];
    char *resolved;

    enter_directory(directory);
    CHECK_EQUAL(directory_make_all("real/sub"), 0);
    (void) snprintf(self, sizeof(self), "%s/to-itself", directory);
    close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK(symlink(self, "to-itself") == 0 && symlink("g", "short") == 0 &&
          symlink("real", "chain-0") == 0);
    for (int i = 1; i < 60; i++) { /* more links than the kernel follows */
        (void) snprintf(given, sizeof(given), "chain-%d", i - 1);
        (void) snprintf(far, sizeof(far), "chain-%d", i);
        CHECK_EQUAL(symlink(given, far), 0);
    }
    (void) snprintf(far, sizeof(far), "%s/gone/far", directory);
    CHECK(symlink("real", "link") == 0 && symlink("gone", "dangling") == 0 &&
          symlink(far, "absolute") == 0 && symlink("loop", "loop") == 0 &&
          symlink("../other", "real/up") == 0);
    check_resolved(directory, "real", "/real");
    check_resolved(directory, "link/./sub/../sub", "/real/sub");
    check_resolved(directory, "none", "/none");
    check_resolved(directory, "link/none/deeper", "/real/none/deeper");
    check_resolved(directory, "none/./deeper/.", "/none/deeper");
    check_resolved(directory, "none/../other", "/other");
    check_resolved(directory, "none/a/../../other/", "/other");
    check_resolved(directory, "dangling", "/gone");
    check_resolved(directory, "dangling/x", "/gone/x");
    check_resolved(directory, "absolute/x", "/gone/far/x");
    check_resolved(directory, "real/up", "/other");
    check_resolved(directory, "loop", NULL);
    check_resolved(directory, "to-itself", NULL);
    check_resolved(directory, "short", "/g");
    check_resolved(directory, "short/x", "/g/x");
    check_resolved(directory, "file/x", "/file/x");
    check_resolved(directory, "chain-59", "/real");
    resolved = directory_resolve("/none-of-k3thread");
    CHECK_TEXT(resolved, "/none-of-k3thread");
    free(resolved);
    resolved = directory_resolve("/none-of-k3thread/../x-of-k3thread");
    CHECK_TEXT(resolved, "/x-of-k3thread");
    free(resolved);
    for (int i = 0; i < 128; i++) /* more missing names than the path of a socket may have */
        strcat(deep, "/a");
    check_resolved(directory, deep + 1, deep);
    strcat(deep, "/a");
    check_resolved(directory, deep + 1, NULL);
    directory_remove(directory);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* Returns true if a cleaner of temporary files gets its lock of PATH. */
static bool may_be_cleaned(const char *path)
{
    int  fd = open(path, O_RDONLY | O_CLOEXEC);
    bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;

    close(fd);
    return locked;
}

/* Looks at the directory "own" as a user who is not root. */
static void look_as_user(void)
{
    if (geteuid() == 0)
        CHECK(chown("own", 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
    CHECK(directory_is_own("own"));
    CHECK_EQUAL(chmod("own", 0600), 0);
    CHECK(!directory_is_own("own")); /* nothing in it can be reached */
    CHECK_EQUAL(chmod("own", 0500), 0);
    CHECK(!directory_is_own("own"));
    CHECK_EQUAL(chmod("own", 0300), 0);
    CHECK(directory_is_own("own"));
}

static void own_directories_are_known(void)
{
    char directory[] = "/tmp/k3thread-test-XXXXXX";
    char output[64];
    int  fd, other, free_fd;

    enter_directory(directory);
    CHECK(directory_is_own(directory));
    CHECK(!directory_is_own("none"));
    CHECK(mkdir("d", 0700) == 0 && symlink("d", "link") == 0);
    CHECK(directory_is_own("d") && !directory_is_own("link"));
    CHECK_EQUAL(chmod("d", 0720), 0);
    CHECK(!directory_is_own("d"));
    CHECK_EQUAL(chmod("d", 0702), 0);
    CHECK(!directory_is_own("d"));
    CHECK_EQUAL(chmod("d", 0755), 0);
    CHECK(directory_is_own("d"));
    CHECK(mkdir("own", 0700) == 0 && chmod(directory, 0711) == 0);
    CHECK_EQUAL(test_child(look_as_user, output, sizeof(output)), 0);
    fd = open("file", O_CREAT | O_RDWR | O_CLOEXEC, 0700);
    CHECK(fd >= 0 && !directory_is_own("file"));
    close(fd);

    free_fd = dup(STDERR_FILENO);
    close(free_fd);         /* the next descriptor gets this number */
    directory_hold("link"); /* which is no directory of this user, nor is a file */
    directory_hold("file");
    CHECK(may_be_cleaned("d") && may_be_cleaned("file") && !is_open(free_fd));
    other = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_EQUAL(flock(other, LOCK_EX), 0);
    fd = next_descriptor();
    directory_hold("d"); /* does not wait for a cleaner */
    CHECK(!is_open(fd));
    close(other);
    directory_hold("d");
    CHECK((fcntl(free_fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(!may_be_cleaned("d"));
    directory_hold("d"); /* two may hold it */
    CHECK(is_open(fd));
    directory_remove(directory);
}

static void states_of_processes_are_read(void)
{
    siginfo_t info;
    pid_t     pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        _exit(0);
    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
    CHECK_EQUAL(process_state(pid), 'Z');
    CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
    CHECK_EQUAL(process_state(pid), 0);
    CHECK_EQUAL(process_state(getpid()), 'R');
    CHECK_EQUAL(process_state(0), 0);
    CHECK(process_state(1) != 0);
    CHECK(process_state_is_stopped('T') && process_state_is_stopped('t') &&
          !process_state_is_stopped('S'));
}

TEST_MAIN({"lines", lines_are_read}, {"long-lines", long_lines_are_refused},
          {"plain", plain_lines_are_read}, {"variables", variables_are_read},
          {"loaded", files_of_variables_are_loaded},
          {"many-variables", too_many_variables_are_refused}, {"whole", whole_texts_are_read},
          {"ends", ends_of_files_are_read}, {"directories", directories_are_made},
          {"resolved", paths_are_resolved}, {"own", own_directories_are_known},
          {"states", states_of_processes_are_read})
