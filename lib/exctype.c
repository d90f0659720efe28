/* The exception types, their tree, and the names of errors. */
#include "k3thread.h"

const k3thread_exctype k3thread_BaseException = {"BaseException", NULL};

#define X(name, base) const k3thread_exctype k3thread_##name = {#name, &k3thread_##base};
K3THREAD_EXCEPTION_MAP(X)
#undef X

bool k3thread_exctype_is(const k3thread_exctype *type, const k3thread_exctype *base)
{
    while (type != NULL && type != base)
        type = type->base;
    return type != NULL;
}

const char *k3thread_error_name(int error)
{
    switch (error) {
#define X(constant, number, name)                                                                  \
    case constant:                                                                                 \
        return name;
        K3THREAD_ERROR_MAP(X)
#undef X
    default:
        return error < 0 ? "OSError" : NULL;
    }
}

bool k3thread_is_send_raise_error(int error)
{
    return error == K3THREAD_SEND_RAISE_ERROR || error == K3THREAD_INVALID_THREAD_ID_ERROR;
}
