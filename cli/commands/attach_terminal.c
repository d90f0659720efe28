#include "cli/commands/attach_terminal.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/base/partial_write.h"
#include "cli/base/signal_set.h"
#include "cli/base/status.h"
#include "cli/commands/detach_keys.h"
#include "cli/commands/report.h"
#include "cli/rpc/bytes.h"
#include "cli/terminal/modes.h"
#include "cli/terminal/pty.h"
#include "cli/terminal/sequence.h"
#include "cli/view/output.h"
#include "cli/view/raw_terminal.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Keys that the program does not read are dropped when this many bytes of them wait. */
#define UNREAD_MAX ((size_t) 64 * 1024)

#define INTERRUPT '\003'
#define BELL      "\a"

/* One attachment of this terminal to the terminal of a thread. */
struct attach {
    const struct invocation *invocation;
    struct client           *client;
    json_t                  *thread; /* as a parameter of requests */
    bool                     read_only;
    struct attach_start     *start; /* NULL: this process did not start the thread */
    struct raw_terminal      raw;
    int                      output;  /* this terminal; does not block if possible */
    int                      signals; /* a descriptor of all signals that attach handles */
    int endings; /* a descriptor of the signals that detach, for a write that waits */
    struct detach_keys keys;
    double             keys_deadline; /* the key that has begun is then whole */
    size_t             unread;        /* the bytes of keys whose requests have no reply */
    struct sequence    sequence;      /* of the output */
    struct modes       modes;
    bool               is_drawn; /* the program has moved the cursor on the screen */
    bool               in_line;  /* the last byte did not end a line */
    json_t            *name;     /* of the thread; NULL: unknown yet */
    bool               is_over, output_lost;
    struct attach_end  end;
};

bool attach_is_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Output */

/* Notes the changes that the output makes to this terminal, to undo them at the end. */
static void note_output(struct attach *attach, const char *data, size_t size)
{
    attach->in_line = size > 0 ? data[size - 1] != '\n' : attach->in_line;
    for (size_t i = 0; i < size; i++) {
        if (sequence_take(&attach->sequence, data[i]) != SEQUENCE_COMPLETE)
            continue; /* not whole yet */
        modes_take(&attach->modes, &attach->sequence);
        /* The main screen is as it was when the alternate screen is left. */
        attach->is_drawn |=
            sequence_moves(&attach->sequence) && !modes_has_alternate_screen(&attach->modes);
    }
}

/* Waits until this terminal takes more. Returns false if a signal that detaches has come. */
static bool wait_for_terminal(const struct attach *attach)
{
    struct pollfd polls[] = {{.fd = attach->output, .events = POLLOUT},
                             {.fd = attach->endings, .events = POLLIN}};

    if (attach->end.signal != 0)
        return false;
    while (poll(polls, 2, -1) < 0)
        continue; /* a signal */
    return polls[1].revents == 0;
}

/* Writes to this terminal. Returns false if it is gone, or if a signal came before it had taken everything. */
static bool write_terminal(const struct attach *attach, const char *data, size_t size)
{
    int error;

    do
        error = partial_write(attach->output, &data, &size);
    while (error == -EAGAIN && wait_for_terminal(attach));
    return error == 0;
}

static void show(struct attach *attach, const char *data, size_t size)
{
    note_output(attach, data, size);
    if (!write_terminal(attach, data, size))
        attach->is_over = attach->output_lost = true;
}

/* Takes a notification: output of the terminal, or the end of the thread. */
static void take_notification(void *context, const json_t *params)
{
    struct attach *attach = context;
    char          *data;
    size_t         size;

    if (attach->is_over) /* further output of a fast program must not delay the end */
        return;
    if (json_object_get(params, "thread") != NULL) {
        attach->is_over = attach->end.has_ended = true;
    } else if (bytes_any_from_json(json_object_get(params, "data"), &data, &size) == 0) {
        show(attach, data, size);
        free(data);
    }
}

/* Requests */

/* Writes the request that attaches to the terminal, or that reports a new size of this terminal. */
static json_t *write_attach(const struct attach *attach)
{
    struct pty_size size = pty_size(STDIN_FILENO);

    return json_pack("{s:O, s:i, s:i, s:b, s:[ss]}", "thread", attach->thread, "rows",
                     (int) size.rows, "columns", (int) size.columns, "read_only", attach->read_only,
                     "members", "id", "name");
}

/* Returns true if this process runs at the terminal of THREAD: the terminal would then show itself. */
static bool is_own_terminal(const struct attach *attach, const json_t *thread)
{
    const char *id = getenv("K3THREAD_ID"), *socket = getenv("K3THREAD_SOCKET");

    return attach->invocation->session->host == NULL && id != NULL && socket != NULL &&
           strtoll(id, NULL, 10) == thread_id(thread) &&
           strcmp(socket, attach->invocation->session->place.socket) == 0;
}

/* Notes that this process is attached to THREAD. Returns the exit status. */
static int begin(struct attach *attach, const json_t *thread)
{
    attach->name = json_incref(json_object_get(thread, "name"));
    json_decref(attach->thread);
    attach->thread = json_incref(json_object_get(thread, "id"));
    if (!is_own_terminal(attach, thread))
        return STATUS_DONE;
    raw_terminal_leave(&attach->raw);
    return command_fail(attach->invocation, STATUS_USAGE, "ValueError",
                        "this is the terminal of that thread");
}

/* Takes over from the start, which has attached this process. Returns the exit status. */
static int take_over(struct attach *attach)
{
    int     status = begin(attach, attach->start->thread);
    size_t  i;
    json_t *params;

    json_array_foreach(attach->start->notices, i, params) {
        if (status == STATUS_DONE)
            take_notification(attach, params);
    }
    return status;
}

/* Attaches to the terminal. Returns the exit status. */
static int join_terminal(struct attach *attach)
{
    struct reply reply;
    int          status;

    if (attach->start != NULL)
        return take_over(attach);
    if (client_call(attach->client, "terminal", write_attach(attach), &reply) != 0) {
        raw_terminal_leave(&attach->raw);
        return command_failed(attach->invocation);
    }
    status = begin(attach, reply.result);
    reply_release(&reply);
    return status;
}

/* Sends keys. The reply comes when the program's terminal has taken them. */
static int send_keys(struct attach *attach, const struct text *keys)
{
    json_t *params;

    if (keys->size == 0 || attach->read_only)
        return 0;
    if (attach->unread + keys->size > UNREAD_MAX) {
        (void) write_terminal(attach, BELL, strlen(BELL));
        return 0;
    }
    attach->unread += keys->size;
    params = json_pack("{s:O, s:o}", "thread", attach->thread, "text",
                       bytes_any_to_json(keys->data, keys->size));
    return client_send(attach->client, "send", params, NULL);
}

/* Takes the messages that the supervisor has sent. Returns 0 or -errno. */
static int take_replies(struct attach *attach)
{
    struct reply reply;
    int          found = 0;

    while (!attach->is_over && (found = client_try_receive(attach->client, &reply)) > 0) {
        json_int_t taken = json_integer_value(json_object_get(reply.result, "taken"));

        attach->unread -= (size_t) taken < attach->unread ? (size_t) taken : attach->unread;
        if (attach->start != NULL)
            attach_start_take(attach->start, &reply);
        if (reply.result == NULL)
            attach->unread = 0; /* another client types, or the thread has just ended */
        reply_release(&reply);
    }
    return found < 0 ? found : 0;
}

/* Events */

/* Reads the keys that were typed, and sends them. Returns 0 or -errno. */
static int take_keys(struct attach *attach)
{
    char        typed[4096];
    struct text keys = {0};
    ssize_t     n = read(STDIN_FILENO, typed, sizeof(typed));
    int         error;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    attach->is_over |= n <= 0; /* this terminal is gone */
    if (n > 0)
        attach->is_over |= detach_keys_take(&attach->keys, typed, (size_t) n, &keys);
    if (attach->read_only && keys.size > 0 && memchr(keys.data, INTERRUPT, keys.size) != NULL)
        attach->is_over = true;
    attach->keys_deadline = clock_monotonic() + DETACH_KEYS_PAUSE;
    error = send_keys(attach, &keys);
    text_release(&keys);
    return error;
}

/* Returns for how many milliseconds poll() waits for the rest of a key. */
static int key_pause(const struct attach *attach)
{
    if (!detach_keys_wait(&attach->keys))
        return -1;
    return (int) ceil(clock_until(attach->keys_deadline) * 1000);
}

/* Takes a key whose rest has not come in time. Returns 0 or -errno. */
static int settle_keys(struct attach *attach)
{
    struct text keys = {0};
    int         error;

    if (key_pause(attach) != 0)
        return 0;
    detach_keys_settle(&attach->keys, &keys);
    error = send_keys(attach, &keys);
    text_release(&keys);
    return error;
}

/* Takes the signals that have arrived. Returns 0 or -errno. */
static int take_signals(struct attach *attach)
{
    struct signalfd_siginfo info;
    int                     error = 0;

    while (error == 0 && read(attach->signals, &info, sizeof(info)) == (ssize_t) sizeof(info)) {
        if (info.ssi_signo == SIGCONT)
            (void) raw_terminal_enter(&attach->raw);
        if (info.ssi_signo == SIGCONT || info.ssi_signo == SIGWINCH) {
            error = client_send(attach->client, "terminal", write_attach(attach), NULL);
            continue;
        }
        attach->end.signal = (int) info.ssi_signo;
        attach->is_over = true;
    }
    return error;
}

/* Takes signals by a descriptor from now on. *RET_BEFORE gets the mask. Returns 0 or -errno. */
static int open_signals(struct attach *attach, sigset_t *ret_before)
{
    sigset_t set = SIGNAL_SET(SIGTERM, SIGHUP, SIGINT, SIGQUIT);

    attach->endings = signalfd(-1, &set, SFD_CLOEXEC);
    if (attach->endings < 0)
        return -errno;
    sigaddset(&set, SIGWINCH);
    sigaddset(&set, SIGCONT);
    attach->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (attach->signals < 0 || sigprocmask(SIG_BLOCK, &set, ret_before) < 0)
        return -errno;
    return 0;
}

/* Serves both terminals until the user detaches or the thread ends. Returns 0 or -errno. */
static int serve(struct attach *attach)
{
    int error = take_replies(attach);

    while (error == 0 && !attach->is_over) {
        struct wire  *wire = &attach->client->wire;
        struct pollfd polls[] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = wire->fd, .events = (short) (wire->unsent.size > 0 ? POLLIN | POLLOUT : POLLIN)},
            {.fd = attach->signals, .events = POLLIN},
        };

        if (poll(polls, 3, key_pause(attach)) < 0)
            continue; /* a signal */
        if (polls[2].revents != 0)
            error = take_signals(attach);
        if (error == 0)
            error = polls[0].revents != 0 ? take_keys(attach) : settle_keys(attach);
        if (error == 0)
            error = take_replies(attach);
    }
    if (attach->output_lost)
        (void) take_signals(attach); /* a signal may be the reason */
    return error;
}

/* Undoes the changes that the program has made to this terminal. */
static void leave_terminal(struct attach *attach)
{
    struct text text = {0};
    bool        keeps_screen = !modes_has_alternate_screen(&attach->modes);

    modes_leave(&text, &attach->modes);
    if (keeps_screen && (attach->is_drawn || attach->in_line))
        text_add(&text, attach->is_drawn ? "\033[999;1H\r\n" : "\r\n");
    if (!text.failed && !attach->output_lost)
        attach->output_lost = !write_terminal(attach, text.data, text.size);
    text_release(&text);
    raw_terminal_leave(&attach->raw);
}

/* Writes to standard error. After a signal, this does not wait for a terminal that takes no more. */
static void write_message(const struct attach *attach, const struct text *text)
{
    int fd = -1;

    if (attach->end.signal != 0)
        fd = descriptors_reopen(STDERR_FILENO, O_WRONLY | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        (void) output_write(STDERR_FILENO, text->data, text->size);
        return;
    }
    while (write(fd, text->data, text->size) < 0 && errno == EINTR)
        continue;
    close(fd);
}

/* Tells the user on standard error that the thread has ended, or that this terminal is detached. */
static void tell_end(const struct attach *attach)
{
    struct text text = {0};

    text_add(&text, attach->end.has_ended ? "[thread '" : "[detached from thread '");
    thread_add_bytes(&text, attach->name);
    text_add(&text, attach->end.has_ended ? "' has ended]\n" : "']\n");
    if (!text.failed && !attach->output_lost)
        write_message(attach, &text);
    text_release(&text);
}

/* Waits until START says how its thread has ended. Returns 0 or -errno. */
static int wait_for_end(struct attach_start *start)
{
    struct reply reply;
    int          error = 0;

    while (error == 0 && !start->joined) {
        error = client_receive(start->client, &reply);
        if (error != 0)
            break;
        attach_start_take(start, &reply);
        reply_release(&reply);
    }
    return error;
}

/* Attaches to the terminal, and restores this terminal at the end. Returns the exit status. */
static int visit(struct attach *attach)
{
    int error = raw_terminal_enter(&attach->raw);
    int status;

    if (error != 0)
        return command_fail(attach->invocation, STATUS_FAILED, NULL,
                            "cannot change the settings of this terminal: %s", strerror(-error));
    status = join_terminal(attach);
    if (status != STATUS_DONE)
        return status;
    error = serve(attach);
    leave_terminal(attach);
    if (error == 0 && attach->start != NULL && attach->end.has_ended)
        error = wait_for_end(attach->start);
    if (error != 0)
        return command_failed(attach->invocation);
    tell_end(attach);
    return STATUS_DONE;
}

int attach_terminal(const struct invocation *invocation, json_t *thread, bool read_only,
                    struct attach_start *start, struct attach_end *ret)
{
    struct client *client = &invocation->session->client;
    struct attach  attach = {.invocation = invocation,
                             .client = client,
                             .thread = thread,
                             .read_only = read_only,
                             .start = start,
                             .output = -1,
                             .signals = -1,
                             .endings = -1};
    sigset_t       before;
    int            error = thread != NULL ? open_signals(&attach, &before) : -ENOMEM;
    int            status;

    attach.output = descriptors_reopen(STDOUT_FILENO, O_WRONLY | O_NOCTTY | O_NONBLOCK);
    if (attach.output < 0)
        attach.output = dup(STDOUT_FILENO);
    if (error == 0) {
        client->notify = take_notification;
        client->notify_context = &attach;
        status = visit(&attach);
        client->notify = NULL;
        client_close(client); /* this detaches; a session connects again for its next command */
        (void) sigprocmask(SIG_SETMASK, &before, NULL);
    } else {
        status = command_fail(invocation, STATUS_FAILED, NULL, "cannot take signals: %s",
                              strerror(-error));
    }
    descriptors_close(&attach.output);
    descriptors_close(&attach.signals);
    descriptors_close(&attach.endings);
    json_decref(attach.thread);
    json_decref(attach.name);
    *ret = attach.end;
    return status;
}
