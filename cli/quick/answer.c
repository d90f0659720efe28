#include "cli/quick/answer.h"

#include "cli/base/status.h"
#include "cli/quick/bytes.h"
#include "cli/quick/system.h"
#include "cli/quick/table.h"

#include <errno.h>
#include <linux/limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OUTPUT_MAX PIPE_BUF /* which a pipe takes whole, or not at all */

/* What comes before the result in the answer to the first request. */
static const char result_start[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":";

static char output_data[OUTPUT_MAX]; /* costs nothing before it is used, as all that is zero */

static void wait_writable(void)
{
    struct pollfd pollfd;

    pollfd.fd = STDOUT_FILENO;
    pollfd.events = POLLOUT;
    system_call(SYS_ppoll, (long) &pollfd, 1, 0, 0, 0, 0);
}

/* What was printed in part only is not for the program to print again: it fails here. */
static int print(const char *data, size_t size)
{
    static const char message[] = "k3thread: cannot write to standard output\n";
    size_t            done = 0;

    while (done < size) {
        long written = system_call(SYS_write, STDOUT_FILENO, (long) (data + done),
                                   (long) (size - done), 0, 0, 0);

        if (written >= 0) {
            done += (size_t) written;
        } else if (written == -EAGAIN) {
            wait_writable();
        } else if (written != -EINTR && done == 0) {
            return -1;
        } else if (written != -EINTR) {
            system_call(SYS_write, STDERR_FILENO, (long) message, sizeof(message) - 1, 0, 0, 0);
            return STATUS_FAILED;
        }
    }
    return STATUS_DONE;
}

/*
 * Moves on behind WORD, and then behind a number as JSON has it, with no needless 0. Returns false
 * if they do not come next.
 */
static bool skip(const char **at, const char *end, const char *word, unsigned long *ret)
{
    const char *number;
    size_t      digits;

    if (!bytes_begin(*at, (size_t) (end - *at), word))
        return false;
    number = *at + bytes_length(word);
    digits = bytes_take_number(number, (size_t) (end - number), ret);
    *at = number + digits;
    return digits == 1 || (digits > 1 && *number != '0');
}

/* {"id":12} */
static int end_start(char *answer, size_t size)
{
    struct bytes  out;
    const char   *at = answer, *end = answer + size;
    unsigned long id;

    if (!skip(&at, end, "{\"id\":", &id) || end - at != 1 || *at != '}')
        return -1;
    bytes_open(&out, output_data, sizeof(output_data));
    bytes_put_number(&out, id);
    bytes_put_word(&out, "\n");
    return print(out.data, out.size);
}

/* The size of a string with its quotes and without escapes; 0: it is none. */
static size_t string_size(const char *text, size_t size)
{
    size_t at = 1;

    if (size == 0 || text[0] != '"')
        return 0;
    while (at < size && text[at] >= ' ' && text[at] <= '~' && text[at] != '"' && text[at] != '\\')
        at++;
    return at < size && text[at] == '"' ? at + 1 : 0;
}

/* {"id":12,"name":"web","exit_code":3,"runs":1}: it exited by itself. */
static int end_join(char *answer, size_t size)
{
    const char   *at = answer, *end = answer + size;
    unsigned long number, status;
    size_t        name;

    if (!skip(&at, end, "{\"id\":", &number) || !bytes_begin(at, (size_t) (end - at), ",\"name\":"))
        return -1;
    at += 8;
    name = string_size(at, (size_t) (end - at));
    at += name;
    if (name == 0 || !skip(&at, end, ",\"exit_code\":", &status) || status > 255 ||
        !skip(&at, end, ",\"runs\":", &number) || number == 0)
        return -1;
    return end - at == 1 && *at == '}' ? (int) status : -1;
}

/* [{"id":12},{"id":13}], of which nothing is said. */
static int end_raise(char *answer, size_t size)
{
    const char   *at = answer, *end = answer + size;
    unsigned long id;

    while (at == answer || bytes_begin(at, (size_t) (end - at), ",")) {
        if (!skip(&at, end, at == answer ? "[{\"id\":" : ",{\"id\":", &id) || *at++ != '}')
            return -1;
    }
    return end - at == 1 && *at == ']' ? STATUS_DONE : -1;
}

static size_t output_width(void)
{
    struct winsize window;

    window.ws_col = 0;
    system_call(SYS_ioctl, STDOUT_FILENO, TIOCGWINSZ, (long) &window, 0, 0, 0);
    return window.ws_col;
}

/* {"table":"…"}. The program gets the answer as it came if it is to print the table. */
static int end_list(char *answer, size_t size)
{
    static char  lines[ANSWER_MAX];
    struct bytes copy;
    struct bytes out;

    if (size < 12 || !bytes_begin(answer, size, "{\"table\":\"") || answer[size - 2] != '"' ||
        answer[size - 1] != '}')
        return -1;
    bytes_open(&copy, lines, sizeof(lines));
    bytes_open(&out, output_data, sizeof(output_data));
    bytes_put(&copy, answer + 10, size - 12);
    table_put(&out, copy.data, copy.size, output_width());
    return out.failed ? -1 : print(out.data, out.size);
}

int answer_end(enum quick_command command, char *line, size_t size)
{
    size_t start = sizeof(result_start) - 1;
    char  *result = line + start;
    size_t rest = size - start - 2; /* the object's end and the newline */

    if (size < start + 2 || !bytes_begin(line, size, result_start) || result[rest] != '}')
        return -1;
    switch (command) {
    case QUICK_START:
    case QUICK_DAEMON:
        return end_start(result, rest);
    case QUICK_JOIN:
        return end_join(result, rest);
    case QUICK_RAISE:
        return end_raise(result, rest);
    case QUICK_LIST:
        return end_list(result, rest);
    default:
        return -1;
    }
}
