#include "attach_raise.h"

#include "attach_state.h"
#include "published.h"
#include "queue.h"
#include "shell_name.h"

#include <errno.h>
#include <unistd.h>

/* Returns a reference to the thread that MESSAGE names, or NULL. */
static struct k3thread *find_thread(const struct k3t_message *message)
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

/*
 * Raises an exception of TYPE in T. Unlike k3thread_send_exception, does not adopt the calling thread, which is the
 * hidden one.
 */
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
        return -ENOMEM;
    error = k3t_queue_send(t, exc);
    if (error != 0)
        k3t_exc_free(exc);
    return error;
}

static int reply_raised(struct k3t_connection *connection, int64_t id, const struct k3thread *t)
{
    char name[K3T_SHELL_NAME_SIZE];

    k3t_shell_name(t->name, name);
    k3t_put_begin(connection, (uint64_t) id, ",\"result\":{\"id\":");
    k3t_put_integer(connection, t->id);
    k3t_put(connection, ",\"name\":");
    k3t_put_bytes(connection, name);
    k3t_put(connection, "}}");
    return k3t_connection_send(connection, K3T_ATTACH_PATIENCE);
}

static int reply_error(struct k3t_connection *connection, int64_t id, int code, const char *words)
{
    k3t_put_begin(connection, (uint64_t) id, ",\"error\":{\"code\":-");
    k3t_put_integer(connection, (uint64_t) -code);
    k3t_put(connection, ",\"message\":");
    k3t_put_bytes(connection, words);
    k3t_put(connection, "}}");
    return k3t_connection_send(connection, K3T_ATTACH_PATIENCE);
}

static int reply_failure(struct k3t_connection *connection, int64_t id, int error)
{
    switch (error) {
    case K3THREAD_INVALID_THREAD_ID_ERROR:
        return reply_error(connection, id, K3T_CODE_INVALID_THREAD_ID, "the thread is not alive");
    case K3THREAD_VALUE_ERROR:
        return reply_error(connection, id, K3T_CODE_VALUE_ERROR,
                           "the process has not published this exception");
    case -ENOMEM:
        return reply_error(connection, id, K3T_CODE_SEND_RAISE_ERROR,
                           "the process has no memory for the exception");
    default:
        return reply_error(connection, id, K3T_CODE_SEND_RAISE_ERROR,
                           "too many exceptions are pending in it; try again later");
    }
}

int k3t_attach_raise(struct k3t_connection *connection, const struct k3t_message *message)
{
    struct k3thread *t;
    uint64_t         permit;
    int              error;

    if (read(connection->permit, &permit, sizeof(permit)) != (ssize_t) sizeof(permit))
        return reply_error(connection, message->id, K3T_CODE_SEND_RAISE_ERROR, "withdrawn");
    t = find_thread(message);
    error = raise_in(t, message->exception != NULL ? k3t_published_find(message->exception) : NULL,
                     message->text);
    error = error == 0 ? reply_raised(connection, message->id, t)
                       : reply_failure(connection, message->id, error);
    k3thread_unref(t);
    return error;
}
