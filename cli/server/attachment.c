#include "cli/server/attachment.h"

#include "cli/server/errands.h"
#include "cli/server/events.h"
#include "cli/server/published.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* One attached process. */
struct attachment {
    struct source          end; /* the pidfd */
    pid_t                  pid;
    struct record         *record;
    struct connection     *connection;
    struct errands         errands; /* the exceptions for the process, if it is on this machine */
    struct attachment_far *far;     /* the process is on another machine; NULL: on this one */
    struct attachment    **holder;  /* where the owner of the connection keeps the attachment */
    struct inner_list      threads;
    struct published       published;
    struct attachment_follower *follower; /* NULL: none */
    bool                        ending;   /* an exception that ends the thread was sent */
};

pid_t attachment_pid(const struct attachment *attachment)
{
    return attachment->pid;
}

struct record *attachment_record(const struct attachment *attachment)
{
    return attachment->record;
}

const struct inner_list *attachment_threads(const struct attachment *attachment)
{
    return &attachment->threads;
}

void attachment_set_follower(struct attachment *attachment, struct attachment_follower *follower)
{
    attachment->follower = follower;
}

struct attachment_follower *attachment_follower(const struct attachment *attachment)
{
    return attachment->follower;
}

void attachment_begin_end(struct attachment *attachment)
{
    attachment->ending = true;
}

bool attachment_is_ending(const struct attachment *attachment)
{
    return attachment->ending;
}

/* Exceptions */

void attachment_raise(struct attachment *attachment, const char *inner, const char *exception,
                      const char *message,
                      void (*done)(void *context, const struct arrival *arrival), void *context)
{
    if (attachment->far != NULL)
        attachment->far->raise(attachment->far, inner, exception, message, done, context);
    else
        errands_add(&attachment->errands, inner, exception, message, done, context);
}

void attachment_take_reply(struct attachment *attachment, const json_t *reply)
{
    errands_take_reply(&attachment->errands, reply);
}

/* Beginning and end */

bool attachment_read_last(struct attachment *attachment)
{
    if (attachment != NULL && attachment->far != NULL)
        return !attachment->far->awaits(attachment->far);
    if (attachment != NULL)
        connection_read_arrived(attachment->connection);
    return true;
}

/* Ends an attachment whose process has ended, after reading all that the process has sent. */
static void process_ended(struct source *source, uint32_t events)
{
    struct attachment  *attachment = LOOP_OWNER(source, struct attachment, end);
    struct attachment **holder = attachment->holder;

    (void) events;
    (void) attachment_read_last(attachment);
    if (*holder == attachment) /* a message of the process may have ended the attachment */
        attachment_close(attachment);
}

static void detach_record(struct attachment *attachment)
{
    struct record *record = attachment->record;

    record->attachment = NULL;
    atomic_store(&record->assignment.attached, 0);
    *attachment->holder = NULL;
}

/* Closes the way to the process, and gives up the exceptions that are not done yet. */
static void disconnect(struct attachment *attachment)
{
    if (attachment->far != NULL) {
        attachment->far->close(attachment->far);
        return;
    }
    loop_close(&attachment->end);
    errands_close(&attachment->errands);
    if (attachment->follower != NULL)
        attachment->follower->end(attachment->follower, attachment->record);
}

void attachment_close(struct attachment *attachment)
{
    if (attachment == NULL)
        return;
    detach_record(attachment);
    events_post(EVENT_DETACHED, attachment->record);
    disconnect(attachment);
    inner_release(&attachment->threads);
    published_release(&attachment->published);
    free(attachment);
}

static int begin(struct attachment *attachment)
{
    int error = errands_open(&attachment->errands, attachment->connection, attachment->pid);

    if (error != 0)
        return error;
    error = loop_add(&attachment->end, EPOLLIN);
    if (error != 0)
        errands_close(&attachment->errands);
    return error;
}

/* Returns true if ATTACHMENT, which may be NULL, belongs to a living process other than PROCESS. */
static bool is_taken(const struct attachment *attachment, const struct client_process *process)
{
    struct pollfd end;

    if (attachment == NULL || attachment->pid == process->pid)
        return false;
    end = (struct pollfd){.fd = attachment->end.fd, .events = POLLIN};
    return poll(&end, 1, 0) == 0;
}

/* Returns an attachment of the process PID to RECORD that has no way to the process yet, or NULL without memory. */
static struct attachment *make(struct record *record, pid_t pid, struct attachment **holder)
{
    struct attachment *attachment = calloc(1, sizeof(*attachment));

    if (attachment == NULL)
        return NULL;
    attachment->end.fd = -1;
    attachment->pid = pid;
    attachment->record = record;
    attachment->holder = holder;
    return attachment;
}

/* Gives ATTACHMENT to its record and its holder, and tells the clients. Returns it. */
static struct attachment *attach_record(struct attachment *attachment)
{
    struct record *record = attachment->record;

    record->attachment = *attachment->holder = attachment;
    atomic_store(&record->assignment.attached, attachment->pid);
    events_post(EVENT_ATTACHED, record);
    return attachment;
}

struct attachment *attachment_open(struct record *record, struct connection *connection,
                                   struct attachment **holder, const struct client_process *process,
                                   int *ret_error)
{
    struct attachment *attachment;
    int                error = -ENOMEM;

    if (is_taken(record->attachment, process)) {
        *ret_error = -EBUSY;
        close(process->fd);
        return NULL;
    }
    attachment_close(record->attachment);
    attachment_close(*holder);
    attachment = make(record, process->pid, holder);
    if (attachment != NULL) {
        attachment->end = (struct source){.fd = process->fd, .ready = process_ended};
        attachment->connection = connection;
        error = begin(attachment);
    }
    if (error != 0) {
        *ret_error = error;
        close(process->fd);
        free(attachment);
        return NULL;
    }
    return attach_record(attachment);
}

struct attachment *attachment_open_far(struct record *record, pid_t pid, struct attachment_far *far,
                                       struct attachment **holder)
{
    struct attachment *attachment = make(record, pid, holder);

    if (attachment == NULL)
        return NULL;
    attachment->far = far;
    return attach_record(attachment);
}

/* Messages of the process */

void attachment_thread_started(struct attachment *attachment, const struct inner *thread,
                               const char *name)
{
    bool                is_new = false;
    const struct inner *added = inner_add(&attachment->threads, thread, name, &is_new);

    if (added != NULL && is_new)
        events_post_inner(EVENT_INNER_STARTED, attachment->record, added);
}

void attachment_thread_ended(struct attachment *attachment, uint64_t id)
{
    struct inner *thread = inner_remove(&attachment->threads, id);

    if (thread != NULL)
        events_post_inner(EVENT_INNER_ENDED, attachment->record, thread);
    free(thread);
}

const k3thread_exctype *attachment_type_at(const struct attachment *attachment, size_t index)
{
    return attachment != NULL && index < attachment->published.count
               ? attachment->published.types[index]
               : NULL;
}

const k3thread_exctype *attachment_find_type(const struct attachment *attachment, const char *name)
{
    return attachment != NULL ? published_find(&attachment->published, name) : NULL;
}

bool attachment_publish(struct attachment *attachment, const k3thread_exctype *type)
{
    return published_add(&attachment->published, type);
}
