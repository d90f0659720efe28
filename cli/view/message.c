#include "cli/view/message.h"

#include "cli/view/output.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define NO_MEMORY "out of memory"

/* The state of all messages: a program has one standard error. */
static struct {
    const char *file; /* the script that the messages are about; NULL: none */
    size_t      line;
    unsigned    count;
    bool        holds_next;
    struct text held;
} messages;

void message_set_origin(const char *file, size_t line)
{
    messages.file = file;
    messages.line = line;
}

size_t message_line(void)
{
    return messages.line;
}

void message_set_line(size_t line)
{
    messages.line = line;
}

void message_add_origin(struct text *text)
{
    if (messages.file == NULL)
        return;
    text_add_escaped(text, messages.file, strlen(messages.file));
    text_printf(text, ":%zu: ", messages.line);
}

unsigned message_count(void)
{
    return messages.count;
}

void message_vprint(const char *command, const char *type, const char *format, va_list arguments)
{
    static const char no_memory[] = "k3thread: MemoryError: " NO_MEMORY "\n";
    struct text       message = {0}, line = {0};

    text_vprintf(&message, format, arguments);
    messages.count++;
    message_add_origin(&line);
    text_add(&line, "k3thread: ");
    if (command != NULL && command[0] != '\0')
        text_printf(&line, "%s: ", command);
    if (type != NULL && type[0] != '\0')
        text_printf(&line, "%s: ", type);
    text_add_escaped(&line, message.data, message.size);
    text_add(&line, "\n");
    /* A failure to write to standard error cannot be reported. */
    if (line.failed || message.failed)
        (void) output_write(STDERR_FILENO, no_memory, strlen(no_memory));
    else if (messages.holds_next)
        text_append(&messages.held, line.data, line.size);
    else
        (void) output_write(STDERR_FILENO, line.data, line.size);
    messages.holds_next = false;
    text_release(&message);
    text_release(&line);
}

void message_hold_next(void)
{
    messages.holds_next = true;
}

void message_print_held(void)
{
    (void) output_write(STDERR_FILENO, messages.held.data, messages.held.size);
    message_drop_held();
}

void message_drop_held(void)
{
    text_release(&messages.held);
}

void message_print(const char *command, const char *type, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(command, type, format, arguments);
    va_end(arguments);
}

void message_print_text(const char *command, const char *type, const struct text *why)
{
    if (why->failed)
        message_no_memory(command);
    else
        message_print(command, type, "%.*s", (int) why->size, why->data);
}

void message_no_memory(const char *command)
{
    message_print(command, "MemoryError", NO_MEMORY);
}
