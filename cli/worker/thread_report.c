#include "cli/worker/thread_report.h"

#include "cli/base/shared_string.h"

#include <string.h>

void report_copy(struct report *to, const struct report *from)
{
    *to = *from;
    (void) shared_string_ref(to->message);
    (void) shared_string_ref(to->status);
    (void) shared_string_ref(to->left);
    (void) shared_string_ref(to->foreign);
}

static void release_words(struct report *report)
{
    shared_string_unref(report->message);
    shared_string_unref(report->status);
    shared_string_unref(report->foreign);
    report->message = report->status = report->foreign = NULL;
}

void report_release(struct report *report)
{
    release_words(report);
    shared_string_unref(report->left);
    report->left = NULL;
}

void report_forget_run(struct report *report)
{
    report->exception_before = report->exception;
    report->exception = NULL;
    report->error = 0;
    release_words(report);
}

static void replace(const char **member, const char *string)
{
    shared_string_unref(*member);
    *member = string;
}

void report_set_message(struct report *report, struct text *text)
{
    replace(&report->message, shared_string_from_text(text));
}

void report_set_message_string(struct report *report, const char *string)
{
    replace(&report->message, string != NULL ? shared_string_new(string) : NULL);
}

void report_set_status(struct report *report, const char *string)
{
    replace(&report->status, string != NULL ? shared_string_new(string) : NULL);
}

void report_begin_left(const struct report *report, struct text *text)
{
    text_byte(text, '[', 1);
    if (report->left != NULL)
        text_append(text, report->left + 1, strlen(report->left) - 2);
}

void report_set_foreign(struct report *report, const char *name, const k3thread_exctype *base)
{
    replace(&report->foreign, name != NULL ? shared_string_new(name) : NULL);
    report->foreign_base = base;
}

void report_set_left(struct report *report, struct text *list, unsigned listed, unsigned count)
{
    const char *left = shared_string_from_text(list);

    report->left_count += count;
    if (left == NULL) /* no memory: the processes are counted, not listed */
        return;
    replace(&report->left, left);
    report->left_listed = listed;
}
