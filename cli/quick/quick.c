#include "cli/quick/quick.h"

#include "cli/quick/bytes.h"
#include "cli/quick/system.h"
#include "cli/quick/table.h"
#include "cli/status.h"

#include <errno.h>
#include <link.h>
#include <linux/limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MAX (256 * 1024) /* with the environment */
#define ANSWER_MAX  (8 * 1024)
#define OUTPUT_MAX  PIPE_BUF /* which a pipe takes whole, or not at all */
#define PATH_ROOM   4096

/* What the program makes of the umask, too, while it asks for it. */
#define SOME_UMASK 077

/* What comes before the result in the answer to the first request. */
static const char result_start[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":";

/* None of it costs anything before it is used. */
static char request_data[REQUEST_MAX], answer_data[ANSWER_MAX], output_data[OUTPUT_MAX];

static struct {
    bool   is_made; /* the request, and the program may take it */
    int    fd;
    size_t answer_size;
} made;

bool quick_take(struct quick_request *ret)
{
    if (!made.is_made)
        return false;
    made.is_made = false;
    *ret = (struct quick_request){
        .fd = made.fd,
        .answer = answer_data,
        .size = made.answer_size,
    };
    return true;
}

/* The words that are left, and the environment. */
struct words {
    char **next;
    char **environment;
};

static const char *variable(const struct words *words, const char *name)
{
    size_t length = bytes_length(name);

    for (char **word = words->environment; *word != NULL; word++)
        if (bytes_begin(*word, length, name) && (*word)[length] == '=')
            return *word + length + 1;
    return NULL;
}

/* Takes the next word if it is WORD. */
static bool take(struct words *words, const char *word)
{
    if (*words->next == NULL || !bytes_are(*words->next, word))
        return false;
    words->next++;
    return true;
}

/* Takes the word behind the option WORD, if that is the next one. */
static bool take_option(struct words *words, const char *word, const char **ret)
{
    if (*words->next == NULL || !bytes_are(*words->next, word) || words->next[1] == NULL)
        return false;
    *ret = words->next[1];
    words->next += 2;
    return true;
}

/* Is WORD none of those that the program has more to say about? */
static bool is_word(const char *word)
{
    if (word[0] == '-' || word[0] == '\0')
        return false;
    while ((unsigned char) *word >= ' ')
        word++;
    return *word == '\0';
}

/* Where the supervisor is */

static void put_directory(struct bytes *path, const struct words *words)
{
    const char *runtime = variable(words, "XDG_RUNTIME_DIR");

    if (runtime != NULL && runtime[0] == '/') {
        bytes_put_word(path, runtime);
        bytes_put_word(path, "/k3thread");
    } else {
        bytes_put_word(path, "/tmp/k3thread-");
        bytes_put_number(path, (unsigned long) system_call(SYS_geteuid, 0, 0, 0, 0, 0, 0));
    }
}

static void put_label(struct bytes *path, const char *label)
{
    path->failed |= label[0] == '\0' || label[0] == '.';
    for (const char *c = label; *c != '\0'; c++)
        path->failed |= *c == '/';
    bytes_put_word(path, "/");
    bytes_put_word(path, label);
    bytes_put_word(path, ".sock");
}

/* The words before the command name it, or the environment does. */
static bool find_place(struct words *words, struct sockaddr_un *address)
{
    const char  *socket = NULL, *label = NULL;
    struct bytes path;

    bytes_open(&path, address->sun_path, sizeof(address->sun_path) - 1);
    while (take_option(words, "-S", &socket) || take_option(words, "-L", &label))
        ;
    if (label == NULL && socket == NULL)
        socket = variable(words, "K3THREAD_SOCKET");
    else if (label != NULL && socket != NULL)
        return false;
    if (label == NULL && socket != NULL && socket[0] == '\0')
        return false;
    if (socket != NULL) {
        bytes_put_word(&path, socket);
    } else {
        put_directory(&path, words);
        put_label(&path, label != NULL ? label : "default");
    }
    if (path.failed || path.size == 0 || path.data[0] != '/' || path.data[path.size - 1] == '/')
        return false;
    path.data[path.size] = '\0';
    return true;
}

/* The request */

static void begin_request(struct bytes *request, const char *method)
{
    bytes_put_word(request, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"");
    bytes_put_word(request, method);
    bytes_put_word(request, "\",\"params\":{");
}

static void end_request(struct bytes *request)
{
    bytes_put_word(request, "}}\n");
}

/* An id is a number, a name a string. */
static void put_thread(struct bytes *request, const char *thread)
{
    unsigned long id;

    if (bytes_take_number(thread, bytes_length(thread), &id) < bytes_length(thread))
        bytes_put_string(request, thread);
    else if (*thread == '0')
        request->failed = true; /* however many of them there are */
    else
        bytes_put_number(request, id);
}

static bool is_assignment(const char *word)
{
    if (*word == '=')
        return false;
    while (*word != '\0' && *word != '=')
        word++;
    return *word == '=';
}

static void put_strings(struct bytes *request, char **words, bool assignments)
{
    bool first = true;

    bytes_put_word(request, "[");
    for (; *words != NULL; words++) {
        if (assignments && !is_assignment(*words))
            continue;
        if (!first)
            bytes_put_word(request, ",");
        bytes_put_string(request, *words);
        first = false;
    }
    bytes_put_word(request, "]");
}

static void put_here(struct bytes *request)
{
    static char here[PATH_ROOM];
    long        size = system_call(SYS_getcwd, (long) here, sizeof(here), 0, 0, 0, 0);

    request->failed |= size <= 0 || here[0] != '/';
    bytes_put_string(request, here);
}

static unsigned long current_umask(void)
{
    long mask = system_call(SYS_umask, SOME_UMASK, 0, 0, 0, 0, 0);

    system_call(SYS_umask, mask, 0, 0, 0, 0, 0);
    return (unsigned long) mask;
}

/* [-d] [-n NAME] [--] COMMAND… */
static bool put_start(struct bytes *request, struct words *words, bool daemon)
{
    const char *name = NULL;
    bool        more = true;

    while (more) {
        bool set = take(words, "-d") || take(words, "--daemon");

        daemon |= set;
        more = set || take_option(words, "-n", &name) || take_option(words, "--name", &name);
    }
    if (*words->next == NULL || (!take(words, "--") && !is_word(*words->next)))
        return false;
    if (*words->next == NULL)
        return false;
    begin_request(request, "start");
    bytes_put_word(request, "\"command\":");
    put_strings(request, words->next, false);
    bytes_put_word(request, ",\"environment\":");
    put_strings(request, words->environment, true);
    bytes_put_word(request, ",\"members\":[\"id\"],\"directory\":");
    put_here(request);
    bytes_put_word(request, ",\"umask\":");
    bytes_put_number(request, current_umask());
    if (daemon)
        bytes_put_word(request, ",\"daemon\":true");
    if (name != NULL) {
        bytes_put_word(request, ",\"name\":");
        bytes_put_string(request, name);
    }
    end_request(request);
    return true;
}

/* THREAD */
static bool put_join(struct bytes *request, struct words *words)
{
    const char *thread = *words->next;

    if (thread == NULL || !is_word(thread) || words->next[1] != NULL)
        return false;
    for (const char *c = thread; *c != '\0'; c++)
        if (*c == '*' || *c == '?' || *c == '[')
            return false;
    begin_request(request, "join");
    bytes_put_word(request, "\"thread\":");
    put_thread(request, thread);
    bytes_put_word(request, ",\"members\":[\"id\",\"name\",\"runs\",\"exit_code\",\"signal\","
                            "\"exception\",\"message\"]");
    end_request(request);
    return true;
}

/* Of the others, and the ways to write them, the program knows. */
static bool is_usual_exception(const char *name)
{
    static const char usual[] = "SystemExit\0KeyboardInterrupt\0SIGTERM\0SIGINT\0SIGKILL\0SIGHUP\0"
                                "SIGUSR1\0SIGUSR2\0SIGSTOP\0SIGCONT\0";

    for (const char *word = usual; *word != '\0'; word += bytes_length(word) + 1)
        if (bytes_are(name, word))
            return true;
    return false;
}

/* THREAD [EXCEPTION] */
static bool put_raise(struct bytes *request, struct words *words)
{
    const char *thread = *words->next;
    const char *exception = "SystemExit";

    if (thread == NULL || !is_word(thread))
        return false;
    if (*++words->next != NULL)
        exception = *words->next++;
    if (!is_usual_exception(exception) || *words->next != NULL)
        return false;
    begin_request(request, "raise");
    bytes_put_word(request, "\"exception\":");
    bytes_put_string(request, exception);
    bytes_put_word(request, ",\"thread\":");
    put_thread(request, thread);
    bytes_put_word(request, ",\"members\":[\"id\"]");
    end_request(request);
    return true;
}

/* [THREAD…] */
static bool put_list(struct bytes *request, struct words *words)
{
    const char *thread = *words->next;

    begin_request(request, "list");
    if (thread != NULL)
        bytes_put_word(request, "\"threads\":[");
    while (thread != NULL) {
        if (!is_word(thread))
            return false;
        put_thread(request, thread);
        thread = *++words->next;
        bytes_put_word(request, thread != NULL ? "," : "],");
    }
    bytes_put_word(request, "\"table\":true");
    end_request(request);
    return true;
}

/* Its answer. Each returns the exit status, or -1 for an answer that is not plain. */

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

/* The way of both */

static bool is_ours(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    peer.uid = 0;
    return system_call(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, (long) &peer, (long) &size,
                       0) == 0 &&
           peer.uid == (uid_t) system_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

/* A descriptor, or -1: then the program finds out why, or starts a supervisor. */
static int open_connection(const struct sockaddr_un *address)
{
    int fd = (int) system_call(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);

    if (fd < 0)
        return -1;
    if (system_call(SYS_connect, fd, (long) address, sizeof(*address), 0, 0, 0) == 0 && is_ours(fd))
        return fd;
    system_call(SYS_close, fd, 0, 0, 0, 0, 0);
    return -1;
}

/* A request that is not sent to its end is none, and the program may make it anew. */
static bool send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        long sent = system_call(SYS_sendto, fd, (long) data, (long) size, MSG_NOSIGNAL, 0, 0);

        if (sent == -EINTR)
            continue;
        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t) sent;
    }
    return true;
}

/* Reads the answer up to its newline; false if it ends before, or has no room. */
static bool receive_line(int fd)
{
    while (made.answer_size < sizeof(answer_data)) {
        char *end = answer_data + made.answer_size;
        long  got;
        /* Not by a read that waits: it would be woken when the other side takes the request, too. */
        struct pollfd pollfd = {.fd = fd, .events = POLLIN};

        got = system_call(SYS_ppoll, (long) &pollfd, 1, 0, 0, 0, 0);
        if (got == -EINTR)
            continue;
        if (got > 0)
            got = system_call(SYS_recvfrom, fd, (long) end,
                              (long) (sizeof(answer_data) - made.answer_size), 0, 0, 0);
        if (got == -EINTR)
            continue;
        if (got <= 0)
            return false;
        made.answer_size += (size_t) got;
        if (end[got - 1] == '\n')
            return true;
    }
    return false;
}

/* Makes the request; true if it has an answer that is one line. */
static bool make_request(const struct sockaddr_un *address, const struct bytes *request)
{
    int fd = open_connection(address);

    if (fd < 0)
        return false;
    if (!send_all(fd, request->data, request->size)) {
        system_call(SYS_close, fd, 0, 0, 0, 0, 0);
        return false;
    }
    made.is_made = true;
    made.fd = fd;
    if (!receive_line(fd))
        return false;
    for (size_t i = 0; i + 1 < made.answer_size; i++)
        if (answer_data[i] == '\n')
            return false; /* it came in parts */
    return true;
}

/* What a caller closed would be given to the socket; what is to be done then, main.c says. */
static bool standard_descriptors_are_open(void)
{
    struct pollfd   fds[3];
    struct timespec now;

    now.tv_sec = now.tv_nsec = 0;
    for (int fd = 0; fd < 3; fd++) {
        fds[fd].fd = fd;
        fds[fd].events = fds[fd].revents = 0;
    }
    if (system_call(SYS_ppoll, (long) fds, 3, (long) &now, 0, 0, 0) < 0)
        return false;
    for (int fd = 0; fd < 3; fd++)
        if (fds[fd].revents & POLLNVAL)
            return false;
    return true;
}

enum command { START, DAEMON, JOIN, RAISE, LIST, OTHER };

static enum command take_command(struct words *words)
{
    if (take(words, "start"))
        return START;
    if (take(words, "daemon"))
        return DAEMON;
    if (take(words, "join"))
        return JOIN;
    if (take(words, "raise"))
        return RAISE;
    return take(words, "list") || take(words, "ls") ? LIST : OTHER;
}

static bool put_request(struct bytes *request, struct words *words, enum command command)
{
    switch (command) {
    case START:
    case DAEMON:
        return put_start(request, words, command == DAEMON);
    case JOIN:
        return put_join(request, words);
    case RAISE:
        return put_raise(request, words);
    case LIST:
        return put_list(request, words);
    default:
        return false;
    }
}

/* The exit status by the answer, or -1. */
static int end_request_of(enum command command)
{
    size_t start = sizeof(result_start) - 1;
    char  *result = answer_data + start;
    size_t size = made.answer_size - start - 2; /* the object's end and the newline */

    if (made.answer_size < start + 2 || !bytes_begin(answer_data, made.answer_size, result_start) ||
        result[size] != '}')
        return -1;
    switch (command) {
    case START:
    case DAEMON:
        return end_start(result, size);
    case JOIN:
        return end_join(result, size);
    case RAISE:
        return end_raise(result, size);
    case LIST:
        return end_list(result, size);
    default:
        return -1;
    }
}

/* A program that runs with more rights than its caller gets less of his environment. */
static bool is_secure(char *const *environment)
{
    const ElfW(auxv_t) * entry;

    while (*environment != NULL)
        environment++;
    for (entry = (const void *) (environment + 1); entry->a_type != AT_NULL; entry++)
        if (entry->a_type == AT_SECURE)
            return entry->a_un.a_val != 0;
    return false;
}

void quick_main(char **stack)
{
    long               count = (long) stack[0];
    struct words       words = {.next = stack + 2, .environment = stack + 1 + count + 1};
    struct bytes       request;
    struct sockaddr_un address;
    enum command       command;
    int                status = -1;

    bytes_open(&request, request_data, sizeof(request_data));
    address.sun_family = AF_UNIX;
    if (count < 2 || is_secure(words.environment) || !find_place(&words, &address))
        return;
    command = take_command(&words);
    if (!put_request(&request, &words, command) || request.failed ||
        !standard_descriptors_are_open())
        return;
    if (make_request(&address, &request))
        status = end_request_of(command);
    if (status >= 0)
        system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}
