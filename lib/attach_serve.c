#include "attach_serve.h"

#include "attach_state.h"
#include "clock.h"
#include "connection.h"
#include "news.h"
#include "published.h"
#include "queue.h"
#include "registry.h"
#include "shell_name.h"
#include "stack.h"

#include "json/base64.h"
#include "json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The seconds that the supervisor has to reply to an attach, or to take what is sent. */
#define PATIENCE 10

/* After so many failed attempts to connect anew, in about 13 seconds, the supervisor is taken to be gone. */
#define ATTEMPTS 16

/* Of the target; it calls free_data of the user's exceptions. */
#define STACK_SIZE (128 * 1024)

/* The milliseconds between two looks whether other threads are left, when the library knows none. */
#define LAST_LOOK 500

#define ATTACH_ID 1 /* of the request; the requests that tell something have larger ones */

/* What only the hidden thread uses, and before it the thread that starts it. */
static struct {
    struct k3t_connection connection;
    char                 *path, *id;
    int                   wake;
    size_t                published; /* how many types were told */
    unsigned              asked;     /* the last request that was sent on */
} own;

/* A line of the supervisor. The strings are in the line. */
struct message {
    int64_t id, code, thread_id;
    bool    failed; /* it is an error, CODE */
    char   *method, *thread, *exception, *text;
};

/* Reading */

/* Reads bytes: a string, or an object with "base64". Returns NULL if it is neither. */
static char *read_bytes(struct json_text *in)
{
    char  *name, *text = NULL;
    size_t size;

    if (*in->at == '"')
        return json_string(in);
    if (!json_enter(in, '{'))
        return NULL;
    while (json_member(in, &name))
        text = json_string(in);
    if (text == NULL || !json_base64_decode(text, strlen(text), text, &size))
        return NULL;
    text[size] = '\0';
    return text;
}

static void read_params(struct json_text *in, struct message *message)
{
    char *name;

    if (!json_enter(in, '{'))
        return;
    while (json_member(in, &name))
        if (strcmp(name, "exception") == 0)
            message->exception = json_string(in);
        else if (strcmp(name, "message") == 0)
            message->text = read_bytes(in);
        else if (strcmp(name, "thread") == 0 && *in->at == '"')
            message->thread = json_string(in);
        else if (strcmp(name, "thread") == 0)
            (void) json_integer(in, &message->thread_id);
        else
            json_skip(in);
}

static void read_error(struct json_text *in, struct message *message)
{
    char *name;

    message->failed = true;
    if (!json_enter(in, '{'))
        return;
    while (json_member(in, &name))
        if (strcmp(name, "code") == 0)
            (void) json_integer(in, &message->code);
        else
            json_skip(in);
}

/* Reads LINE of SIZE bytes. Returns false if it is no message. */
static bool read_message(char *line, size_t size, struct message *ret)
{
    struct json_text in = {.at = line, .end = line + size};
    char            *name;

    *ret = (struct message){0};
    if (!json_enter(&in, '{'))
        return false;
    while (json_member(&in, &name))
        if (strcmp(name, "id") == 0)
            (void) json_integer(&in, &ret->id);
        else if (strcmp(name, "method") == 0)
            ret->method = json_string(&in);
        else if (strcmp(name, "params") == 0)
            read_params(&in, ret);
        else if (strcmp(name, "error") == 0)
            read_error(&in, ret);
        else
            json_skip(&in);
    return !in.failed;
}

/* Raising */

/* Returns a reference to the thread that MESSAGE names, or NULL. */
static struct k3thread *find_thread(const struct message *message)
{
    char name[K3T_SHELL_NAME_SIZE];

    if (message->thread != NULL)
        return k3t_shell_name_read(message->thread, name) ? k3thread_find(name) : NULL;
    if (message->thread_id != 0)
        return k3thread_find_id((k3thread_id) message->thread_id);
    return k3t_attach_main();
}

static struct k3thread_exception_ *new_exception(const k3thread_exctype *type, const char *format,
                                                 ...) K3THREAD_PRINTF_(2, 3);

static struct k3thread_exception_ *new_exception(const k3thread_exctype *type, const char *format,
                                                 ...)
{
    struct k3thread_exception_ *exc;
    va_list                     arguments;

    va_start(arguments, format);
    exc = k3t_exc_new(type, 0, format, arguments);
    va_end(arguments);
    if (exc != NULL)
        exc->attached = true;
    return exc;
}

/* The calling thread is not adopted here, as k3thread_send_exception would do. */
static int raise_in(struct k3thread *t, const k3thread_exctype *type, const char *text)
{
    struct k3thread_exception_ *exc;
    int                         error;

    if (t == NULL || !k3thread_is_alive(t))
        return K3THREAD_INVALID_THREAD_ID_ERROR;
    if (type == NULL)
        return K3THREAD_VALUE_ERROR;
    exc = new_exception(type, "%s", text != NULL ? text : "");
    if (exc == NULL)
        return K3THREAD_SEND_RAISE_ERROR;
    error = k3t_queue_send(t, exc);
    if (error != 0)
        k3t_exc_free(exc);
    return error;
}

/* Begins a message up to the value of its id. */
static void begin(const char *rest)
{
    k3t_put(&own.connection, "{\"jsonrpc\":\"2.0\"");
    k3t_put(&own.connection, rest);
}

static void begin_reply(int64_t id, const char *member)
{
    begin(",\"id\":");
    k3t_put_integer(&own.connection, (uint64_t) id);
    k3t_put(&own.connection, member);
}

static int reply_raised(int64_t id, const struct k3thread *t)
{
    char name[K3T_SHELL_NAME_SIZE];

    k3t_shell_name(t->name, name);
    begin_reply(id, ",\"result\":{\"id\":");
    k3t_put_integer(&own.connection, t->id);
    k3t_put(&own.connection, ",\"name\":");
    k3t_put_bytes(&own.connection, name);
    k3t_put(&own.connection, "}}");
    return k3t_connection_send(&own.connection, PATIENCE);
}

static int reply_error(int64_t id, const char *code, const char *words)
{
    begin_reply(id, ",\"error\":{\"code\":");
    k3t_put(&own.connection, code);
    k3t_put(&own.connection, ",\"message\":");
    k3t_put_bytes(&own.connection, words);
    k3t_put(&own.connection, "}}");
    return k3t_connection_send(&own.connection, PATIENCE);
}

static int reply_failure(int64_t id, int error)
{
    switch (error) {
    case K3THREAD_INVALID_THREAD_ID_ERROR:
        return reply_error(id, "-32003", "the thread is not alive");
    case K3THREAD_VALUE_ERROR:
        return reply_error(id, "-32002", "the process has not published this exception");
    default:
        return reply_error(id, "-32004", "too many exceptions are pending in it; try again later");
    }
}

/* Takes an exception, unless it was withdrawn. Returns 0, or -errno if the connection fails. */
static int serve_raise(const struct message *message)
{
    struct k3thread *t;
    eventfd_t        count;
    int              error;

    if (eventfd_read(own.connection.permit, &count) != 0)
        return reply_error(message->id, "-32004", "withdrawn");
    t = find_thread(message);
    error = raise_in(t, message->exception != NULL ? k3t_published_find(message->exception) : NULL,
                     message->text);
    error = error == 0 ? reply_raised(message->id, t) : reply_failure(message->id, error);
    k3thread_unref(t);
    return error;
}

/* Takes a message. Returns 0, or -errno if the connection fails. */
static int serve(const struct message *message)
{
    if (message->method != NULL && strcmp(message->method, "raise") == 0)
        return serve_raise(message);
    if (message->method == NULL && message->id > ATTACH_ID)
        k3t_attach_answer((unsigned) message->id - ATTACH_ID);
    return 0;
}

/* Telling */

static void put_begun(const struct k3thread *t)
{
    char name[K3T_SHELL_NAME_SIZE];

    k3t_shell_name(t->name, name);
    k3t_put(&own.connection, "{\"id\":");
    k3t_put_integer(&own.connection, t->id);
    k3t_put(&own.connection, ",\"name\":");
    k3t_put_bytes(&own.connection, name);
    k3t_put(&own.connection, ",\"tid\":");
    k3t_put_integer(&own.connection, (uint64_t) k3thread_get_tid(t));
    if (t->daemon)
        k3t_put(&own.connection, ",\"daemon\":true");
    if (t->delayed)
        k3t_put(&own.connection, ",\"state\":\"delayed\"");
    k3t_put(&own.connection, "}");
}

/* Sends one line of news: a thread that has begun, ended or done both. Returns 0, or -errno. */
static int tell_thread(const struct k3thread *t, unsigned what)
{
    begin(",\"method\":\"tell\",\"params\":{");
    if ((what & K3T_NEWS_BEGUN) != 0) {
        k3t_put(&own.connection, "\"started\":[");
        put_begun(t);
        k3t_put(&own.connection, "]");
    }
    if (what == (K3T_NEWS_BEGUN | K3T_NEWS_ENDED))
        k3t_put(&own.connection, ",");
    if ((what & K3T_NEWS_ENDED) != 0) {
        k3t_put(&own.connection, "\"ended\":[");
        k3t_put_integer(&own.connection, t->id);
        k3t_put(&own.connection, "]");
    }
    k3t_put(&own.connection, "}}");
    return k3t_connection_send(&own.connection, PATIENCE);
}

static int tell_threads(void)
{
    struct k3thread *t;
    unsigned         what = 0;
    int              error = 0;

    while (error == 0 && (t = k3t_news_take(&what)) != NULL) {
        error = tell_thread(t, what);
        k3thread_unref(t);
    }
    return error;
}

static int tell_published(void)
{
    const k3thread_exctype *type;
    int                     error = 0;

    while (error == 0 && (type = k3t_published_at(own.published)) != NULL) {
        own.published++;
        begin(",\"method\":\"tell\",\"params\":{\"published\":[{\"name\":");
        k3t_put_bytes(&own.connection, type->name);
        k3t_put(&own.connection, ",\"base\":");
        k3t_put_bytes(&own.connection, k3t_published_base(type)->name);
        k3t_put(&own.connection, "}]}}");
        error = k3t_connection_send(&own.connection, PATIENCE);
    }
    return error;
}

/* Sends on a request of another thread, after all that there was to tell before it. */
static int tell_asked(void)
{
    const k3thread_exctype *type;
    char                    text[K3THREAD_MESSAGE_MAX];
    unsigned                asked = k3t_attach_asked(&type, text);

    if (asked == own.asked)
        return 0;
    own.asked = asked;
    begin_reply((int64_t) asked + ATTACH_ID, ",\"method\":\"tell\",\"params\":{");
    if (type != NULL) {
        k3t_put(&own.connection, "\"exception\":");
        k3t_put_bytes(&own.connection, type->name);
        k3t_put(&own.connection, ",\"message\":");
        k3t_put_bytes(&own.connection, text);
    }
    k3t_put(&own.connection, "}}");
    return k3t_connection_send(&own.connection, PATIENCE);
}

static int tell(void)
{
    int error = tell_threads();

    if (error == 0)
        error = tell_published();
    return error == 0 ? tell_asked() : error;
}

/* The connection */

static int error_of(int64_t code)
{
    switch (code) {
    case -32011:
        return -EBUSY;
    case -32008:
        return -EPERM;
    case -32003:
        return -ESRCH;
    default:
        return -EPROTO;
    }
}

/* Waits for the reply to the attach. Returns 0 or a negative error. */
static int await_reply(int64_t deadline)
{
    struct pollfd  poll_fd = {.fd = own.connection.socket, .events = POLLIN};
    struct message message;
    size_t         size;
    char          *line = NULL;
    int            error;

    while (k3t_now() < deadline) {
        line = k3t_connection_line(&own.connection, &size, &error);
        if (line == NULL && error != -EAGAIN)
            return error;
        if (line == NULL)
            (void) poll(&poll_fd, 1, 100);
        else if (read_message(line, size, &message) && message.id == ATTACH_ID)
            break;
        else
            line = NULL;
    }
    if (line != NULL && message.failed)
        return error_of(message.code);
    if (line != NULL)
        return own.connection.permit >= 0 ? 0 : -EPROTO;
    return -ETIMEDOUT;
}

static void disconnect(void)
{
    k3t_attach_keep(-1, -1);
    k3t_connection_close(&own.connection);
}

/* Connects and attaches. Returns 0 or a negative error. */
static int connect_and_attach(void)
{
    int error = k3t_connection_open(&own.connection, own.path, PATIENCE);

    if (error != 0)
        return error;
    k3t_attach_keep(own.connection.socket, -1);
    begin_reply(ATTACH_ID, ",\"method\":\"attach\",\"params\":{\"thread\":");
    k3t_put(&own.connection, own.id);
    k3t_put(&own.connection, "}}");
    error = k3t_connection_send(&own.connection, PATIENCE);
    if (error == 0)
        error = await_reply(k3t_now() + PATIENCE * K3T_NANOSECONDS);
    if (error != 0) {
        disconnect();
        return error;
    }
    k3t_attach_keep(own.connection.socket, own.connection.permit);
    own.published = 0;
    own.asked = 0; /* one that had no reply is sent again */
    k3t_news_begin(own.wake);
    return 0;
}

/* Returns true if the main thread has ended: while others live, it is a zombie. */
static bool main_has_ended(void)
{
    char    line[256];
    int     fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;
    char   *name_end;

    if (fd >= 0)
        close(fd);
    line[n > 0 ? n : 0] = '\0';
    name_end = strrchr(line, ')');
    return name_end != NULL && strncmp(name_end, ") Z", 3) == 0;
}

/*
 * Returns true if only this thread is left in the process, which then ends with it. The directory of a process's
 * threads has two links more than it has threads; the main thread is always one of them.
 */
static bool is_last(void)
{
    struct stat info;

    return stat("/proc/self/task", &info) == 0 && info.st_nlink == 4 && main_has_ended();
}

/* Serves the connection until it is lost, or the attachment is to end. */
static void serve_connection(void)
{
    struct pollfd  polls[] = {{.fd = own.connection.socket, .events = POLLIN},
                              {.fd = own.wake, .events = POLLIN}};
    struct message message;
    eventfd_t      count;
    size_t         size;
    char          *line;
    bool           may_be_last = false;
    int            error = 0;

    while (error == 0) {
        while (error == 0 && (line = k3t_connection_line(&own.connection, &size, &error)) != NULL)
            if (read_message(line, size, &message))
                error = serve(&message);
        if (error == -EAGAIN)
            error = tell();
        if (error != 0 || k3t_attach_must_stop() || (may_be_last && is_last()))
            return;
        (void) poll(polls, 2, may_be_last ? LAST_LOOK : -1);
        if (polls[1].revents != 0)
            (void) eventfd_read(own.wake, &count);
        may_be_last = k3t_registry_is_empty();
    }
}

/* Waits before an attempt to connect anew. Returns false if the attachment is to end. */
static bool pause_before(int attempt)
{
    struct pollfd poll_fd = {.fd = own.wake, .events = POLLIN};
    eventfd_t     count;

    (void) poll(&poll_fd, 1, attempt < 5 ? 20 << attempt : 1000);
    (void) eventfd_read(own.wake, &count);
    return !k3t_attach_must_stop();
}

/* Connects anew after the connection was lost. Returns false if the supervisor is gone, or wants no more. */
static bool reconnect(void)
{
    int error = -ECONNREFUSED;

    disconnect();
    for (int i = 0; i < ATTEMPTS && pause_before(i); i++) {
        error = connect_and_attach();
        if (error == 0 || error == -EBUSY || error == -EPERM || error == -ESRCH)
            break;
    }
    return error == 0;
}

/* Ends the attachment. No other begins before the last line. */
static void end(void)
{
    k3t_attach_ending();
    k3t_news_end();
    disconnect();
    close(own.wake);
    free(own.path);
    free(own.id);
    k3t_attach_ended();
}

static void *run(void *arg)
{
    prctl(PR_SET_NAME, "k3thread-attach");
    do
        serve_connection();
    while (!k3t_attach_must_stop() && !is_last() && reconnect());
    end();
    return arg;
}

/* Starts the hidden thread with all signals blocked: it must handle none. */
static int start(void)
{
    pthread_attr_t attributes;
    pthread_t      thread;
    sigset_t       all, old;
    int            error = pthread_attr_init(&attributes);

    if (error != 0)
        return -error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, k3t_stack_size(STACK_SIZE));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    k3t_attach_serves(own.wake);
    error = pthread_create(&thread, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

int k3t_attach_serve(const char *path, const char *id)
{
    int error = -ENOMEM;

    own.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    own.connection.socket = own.connection.permit = -1;
    own.path = strdup(path);
    own.id = strdup(id);
    if (own.wake >= 0 && own.path != NULL && own.id != NULL)
        error = connect_and_attach();
    if (error == 0)
        error = start();
    if (error != 0)
        end();
    return error;
}
