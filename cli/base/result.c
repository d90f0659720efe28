#include "cli/base/result.h"

#include "cli/base/exceptions.h"

#include <stddef.h>

void result_add(struct text *text, const char *exception, int exit_code, int signal)
{
    const char *signal_name = exceptions_signal_name(signal);

    if (exception != NULL)
        text_add(text, exception);
    if (exception != NULL && (exit_code >= 0 || signal > 0))
        text_add(text, ", ");
    if (exit_code >= 0)
        text_printf(text, "exit %d", exit_code);
    else if (signal_name != NULL)
        text_add(text, signal_name);
    else if (signal > 0)
        text_printf(text, "signal %d", signal);
    else if (exception == NULL)
        text_byte(text, '-', 1);
}
