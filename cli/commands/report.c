#include "cli/commands/report.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/view/message.h"
#include "cli/view/output.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

int command_fail(const struct invocation *invocation, int status, const char *type,
                 const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(invocation->command->name, type, format, arguments);
    va_end(arguments);
    return status;
}

int command_fail_text(const struct invocation *invocation, int status, const char *type,
                      struct text *why)
{
    message_print_text(invocation->command->name, type, why);
    text_release(why);
    return status;
}

int command_fail_memory(const struct invocation *invocation, int status)
{
    message_no_memory(invocation->command->name);
    return status;
}

int command_failed(const struct invocation *invocation)
{
    const struct failure *failure = &invocation->session->client.failure;

    message_print_text(invocation->command->name, failure->type, &failure->message);
    return failure->status;
}

void command_explain_end(const struct invocation *invocation, const json_t *thread, bool of_several)
{
    struct text reason = {0}, text = {0};

    thread_add_reason(&reason, thread);
    if (of_several) {
        thread_add_unended(&reason, thread);
        text_add(&text, "thread '");
        thread_add_bytes(&text, json_object_get(thread, "name"));
        text_printf(&text, "' (id %" JSON_INTEGER_FORMAT "): ", thread_id(thread));
    }
    text_append(&text, reason.data, reason.size);
    text.failed |= reason.failed;
    if (reason.size > 0)
        message_print_text(invocation->command->name, NULL, &text);
    text_release(&reason);
    text_release(&text);
}

int command_own_failure(int status)
{
    return status == STATUS_FAILED ? STATUS_INTERNAL : status;
}

int report_print(const char *name, const struct text *text)
{
    int error = text->failed ? -ENOMEM : output_write(STDOUT_FILENO, text->data, text->size);

    if (error == 0)
        return STATUS_DONE;
    message_print(name, NULL, "cannot write to standard output: %s", strerror(-error));
    return STATUS_FAILED;
}

int command_print(const struct invocation *invocation, const struct text *text)
{
    return report_print(invocation->command->name, text);
}
