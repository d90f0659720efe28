/* Tests how the commands of a script are read (cli/script/reader.h), and whole inputs (cli/script/whole_input.h). */
#include "tests/parts/said.h"

#include "cli/script/reader.h"
#include "cli/script/whole_input.h"

#include <sys/socket.h>

/* The longest command that is continued. */
#define COMMAND_MAX (4 << 20)

/* Lines, up to a NULL, of which the next one is read. Behind them comes FAILURE. */
struct lines {
    const char *const *next;
    int                failure;
    struct text continued; /* for each line that was asked for, whether it continues a command */
};

static int next_line(void *context, bool continued, struct text *line)
{
    struct lines *lines = context;

    text_add(&lines->continued, continued ? "+" : "-");
    if (*lines->next == NULL)
        return lines->failure;
    text_add(line, *lines->next++);
    return 1;
}

/* Checks the commands that are read from LINES, "LINE:WORDS" of each; and errors, "LINE!WHY" of each. */
static void check_read(struct lines *lines, const char *wanted)
{
    static char *const environment[] = {NULL};
    struct words_scope scope = {.environment = environment};
    struct reader      reader = {.next_line = next_line, .context = lines, .scope = &scope};
    struct text        text = {0}, why = {0};
    struct words       words = {0};
    int                found;

    while ((found = reader_next(&reader, &words, &why)) > 0 || found == -EINVAL) {
        text_printf(&text, "%zu%s", reader.line, found > 0 ? ":" : "!");
        for (size_t i = 0; found > 0 && i < words.count; i++)
            text_printf(&text, "%.8s|", words.list[i]);
        CHECK(found < 0 || (words.count > 0 && words.list[words.count] == NULL));
        text_append(&text, why.data, why.size);
        why.size = 0;
        words_release(&words);
    }
    CHECK_EQUAL(found, lines->failure);
    text_release(&why);
    check_written(&text, wanted);
}

static void lines_become_commands(void)
{
    static const char *const lines[] = {"a b\n", "\n", "# c\n",      "d \\\n", "\n", "'\n", "x\n",
                                        "'",     "\n", "e 'f' \"\n", "g\"\n",  "h",  NULL};
    struct lines             all = {.next = lines};

    check_read(&all, "1:a|b|4:d|6:\nx\n|10:e|f|\ng|12:h|");
    check_written(&all.continued, "----+-++-"
                                  "-+--");
    all = (struct lines){.next = lines + 11, .failure = -EIO};
    check_read(&all, "1:h|");
    check_written(&all.continued, "--");
    all = (struct lines){.next = lines + 5, .failure = -EIO};
    all.next = (const char *const[]){"'", NULL}; /* a failure in the middle of a command */
    check_read(&all, "");
    check_written(&all.continued, "-+");
}

#define BAR "unexpected '|'; quote it, or use sh -c '...'"

static void errors_are_told_with_their_lines(void)
{
    static const char *const wrong[] = {"a\n", "\n", "b | c\n", "d\n", "e \\\n", "f | g\n", NULL};
    static const char *const open[] = {"a '\n", "b' \"\n", "c\n", NULL};
    static const char *const tail[] = {"x\n", "a \\\n", NULL};
    struct lines             all = {.next = wrong};

    check_read(&all, "1:a|3!" BAR "4:d|6!" BAR);
    text_release(&all.continued);
    all = (struct lines){.next = open};
    check_read(&all, "2!unterminated \" quote");
    text_release(&all.continued);
    all = (struct lines){.next = tail};
    check_read(&all, "1:x|2!nothing follows the backslash at the line's end");
    text_release(&all.continued);
}

static void a_command_has_a_longest_size(void)
{
    char        *first = malloc(COMMAND_MAX + 2);
    const char  *lines[] = {first, "'\n", "b\n", NULL};
    struct lines all;

    CHECK(first != NULL);
    memset(first, 'x', COMMAND_MAX + 1);
    memcpy(first, "a '", 3);
    first[COMMAND_MAX - 1] = '\n';
    first[COMMAND_MAX] = '\0';
    all = (struct lines){.next = lines};
    check_read(&all, "1:a|xxxxxxxx|3:b|");
    text_release(&all.continued);
    first[COMMAND_MAX - 1] = 'x';
    first[COMMAND_MAX] = '\n';
    first[COMMAND_MAX + 1] = '\0';
    lines[1] =
        "b\n"; /* most likely the quote was never closed, so what follows is not a part of it */
    all = (struct lines){.next = lines};
    check_read(&all, "1!unterminated ' quote2:b|3:b|");
    text_release(&all.continued);
    free(first);
}

/* A descriptor from which `left` bytes can be read, which are copied nowhere. */
static int    huge = -1;
static size_t left;

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int     __real_partial_write(int fd, const char **rest, size_t *size);
int     __wrap_partial_write(int fd, const char **rest, size_t *size);

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    if (fd != huge)
        return __real_read(fd, bytes, size);
    size = size < left ? size : left;
    left -= size;
    errno = EINTR; /* of an earlier call */
    return (ssize_t) size;
}

int __wrap_partial_write(int fd, const char **rest, size_t *size)
{
    if (huge < 0)
        return __real_partial_write(fd, rest, size);
    *size = 0;
    return 0;
}

/* Checks that a whole input holds the SIZE bytes of TEXT. */
static void check_whole(int fd, const char *text, size_t size)
{
    char *got = malloc(size + 1);
    int   whole = whole_input_read(fd);

    CHECK(got != NULL && whole >= 0);
    CHECK(fcntl(whole, F_GETFD) == FD_CLOEXEC);
    CHECK_EQUAL(lseek(whole, 0, SEEK_CUR), 0);
    CHECK_EQUAL(read(whole, got, size + 1), size);
    CHECK(memcmp(got, text, size) == 0);
    close(whole);
    free(got);
}

static void an_input_is_copied_to_its_end(void)
{
    enum { SIZE = 200 * 1024 };
    char *bytes = malloc(SIZE);
    int   fd, ends[2], open = test_count_open();

    CHECK(bytes != NULL);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char) (i % 251);
    fd = file_of(bytes, SIZE);
    check_whole(fd, bytes, SIZE);
    check_whole(fd, "", 0);
    close(fd);
    CHECK(pipe(ends) == 0 && write(ends[1], "pieces", 6) == 6);
    close(ends[1]);
    check_whole(ends[0], "pieces", 6);
    close(ends[0]);
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0); /* a read takes one piece */
    CHECK(send(ends[1], "a", 1, 0) == 1 && send(ends[1], "bc", 2, 0) == 2);
    CHECK(send(ends[1], "d", 1, 0) == 1);
    close(ends[1]);
    check_whole(ends[0], "abcd", 4);
    close(ends[0]);
    fd = openat(AT_FDCWD, "/", O_RDONLY | O_CLOEXEC);
    CHECK_EQUAL(whole_input_read(fd), -EISDIR);
    close(fd);
    CHECK_EQUAL(test_count_open(), open);
    free(bytes);
}

static void an_input_has_a_longest_size(void)
{
    int open = test_count_open(), whole;

    huge = dup(STDIN_FILENO);
    left = 256 << 20;
    whole = whole_input_read(huge);
    CHECK(whole >= 0 && left == 0);
    close(whole);
    left = (256 << 20) + 1;
    CHECK_EQUAL(whole_input_read(huge), -EFBIG);
    close(huge);
    CHECK_EQUAL(test_count_open(), open);
}

TEST_MAIN({"commands", lines_become_commands}, {"errors", errors_are_told_with_their_lines},
          {"longest", a_command_has_a_longest_size}, {"whole", an_input_is_copied_to_its_end},
          {"huge", an_input_has_a_longest_size})
