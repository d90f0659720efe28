/* Raises exceptions in threads, on the side of the sender. deliver.c has the side of the thread that gets them. */
#include "adopt.h"
#include "exc.h"
#include "queue.h"

/* Returns 0 if an exception of TYPE can be raised, else the error. */
static int check_type(const k3thread_exctype *type)
{
    if (type == NULL)
        return K3THREAD_TYPE_ERROR;
    return k3thread_exctype_is(type, &k3thread_BaseException) ? 0 : K3THREAD_VALUE_ERROR;
}

static int check(const k3thread *t, const k3thread_exctype *type)
{
    const int error = t == NULL ? K3THREAD_TYPE_ERROR : check_type(type);

    return error == 0 && !k3thread_is_alive(t) ? K3THREAD_INVALID_THREAD_ID_ERROR : error;
}

/* Raises an exception in T, with DATA unless both DATA and FREE_DATA are NULL. */
static int raise_in(k3thread *t, const k3thread_exctype *type, void *data,
                    void (*free_data)(void *), const char *format, va_list arguments)
    K3THREAD_PRINTF_(5, 0);

static int raise_in(k3thread *t, const k3thread_exctype *type, void *data,
                    void (*free_data)(void *), const char *format, va_list arguments)
{
    int                         error = check(t, type);
    struct k3thread_exception_ *exc;

    if (error != 0)
        return error;
    exc = k3t_exc_new(type, k3t_self()->id, format, arguments);
    if (exc == NULL)
        return K3THREAD_SEND_RAISE_ERROR;
    if ((data != NULL || free_data != NULL) && !k3t_exc_set_data(exc, data, free_data))
        error = K3THREAD_SEND_RAISE_ERROR;
    if (error == 0)
        error = k3t_queue_send(t, exc);
    if (error != 0) {
        k3t_exc_release_data(exc);
        k3t_exc_free(exc);
    }
    return error;
}

int k3thread_send_exceptionf(k3thread *t, const k3thread_exctype *type, const char *format, ...)
{
    va_list arguments;
    int     error;

    va_start(arguments, format);
    error = raise_in(t, type, NULL, NULL, format, arguments);
    va_end(arguments);
    return error;
}

int k3thread_send_data(k3thread *t, const k3thread_exctype *type, void *data,
                       void (*free_data)(void *data), const char *format, ...)
{
    va_list arguments;
    int     error;

    va_start(arguments, format);
    error = raise_in(t, type, data, free_data, format, arguments);
    va_end(arguments);
    return error;
}

int k3thread_send_exception(k3thread *t, const k3thread_exctype *type)
{
    return k3thread_send_exceptionf(t, type, NULL);
}

int k3thread_send_exception_id(k3thread_id id, const k3thread_exctype *type)
{
    int       error = check_type(type);
    k3thread *t;

    if (error != 0)
        return error;
    t = k3thread_find_id(id);
    if (t == NULL)
        return K3THREAD_INVALID_THREAD_ID_ERROR;
    error = k3thread_send_exception(t, type);
    k3thread_unref(t);
    return error;
}
