/*
 * Tests the reports of a thread (cli/worker/thread_report.h): which strings a report holds, and which it gives up.
 */
#include "tests/lib/test.h"
#include "tests/parts/worker/references.h"

#include "cli/worker/thread_report.h"

/* Puts a list of leftovers with the members of TEXT into REPORT: see report_set_left(). */
static void set_left(struct report *report, const char *text, unsigned listed, unsigned count)
{
    struct text list = {0};

    report_begin_left(report, &list);
    text_add(&list, text);
    report_set_left(report, &list, listed, count);
}

/* Returns a report that has each string. */
static struct report make(void)
{
    struct report report = {.exception = &k3thread_ValueError, .error = 2, .exit_code = 3};
    struct text   message = {0};

    text_add(&message, "why");
    report_set_message(&report, &message);
    report_set_status(&report, "busy");
    report_set_foreign(&report, "MyError", &k3thread_KeyError);
    set_left(&report, "1]", 1, 1);
    CHECK_EQUAL(references, 4);
    return report;
}

static void a_copy_has_its_own_strings(void)
{
    struct report report = make(), copy;

    report_copy(&copy, &report);
    CHECK_EQUAL(references, 8);
    report_release(&report);
    CHECK_EQUAL(references, 4);
    CHECK(report.message == NULL && report.status == NULL && report.foreign == NULL);
    CHECK(report.left == NULL);
    CHECK_TEXT(copy.message, "why");
    CHECK_TEXT(copy.status, "busy");
    CHECK_TEXT(copy.foreign, "MyError");
    CHECK_TEXT(copy.left, "[1]");
    CHECK(copy.foreign_base == &k3thread_KeyError && copy.exception == &k3thread_ValueError);
    report_release(&copy);
    CHECK_EQUAL(references, 0);
    report_release(&copy); /* an empty report has nothing to release */
    CHECK_EQUAL(references, 0);
}

static void a_later_word_replaces_the_one_before(void)
{
    struct report report = make();

    report_set_message_string(&report, "how");
    report_set_status(&report, "idle");
    report_set_foreign(&report, "OtherError", &k3thread_ValueError);
    CHECK_EQUAL(references, 4);
    CHECK_TEXT(report.message, "how");
    CHECK_TEXT(report.status, "idle");
    CHECK_TEXT(report.foreign, "OtherError");
    CHECK(report.foreign_base == &k3thread_ValueError);
    report_set_message_string(&report, NULL);
    report_set_status(&report, NULL);
    report_set_foreign(&report, NULL, NULL);
    CHECK(report.message == NULL && report.status == NULL && report.foreign == NULL);
    CHECK_EQUAL(references, 1);
    report_release(&report);
}

/* The end of a run says nothing of the next run. Leftovers are those of all runs. */
static void a_new_run_forgets_the_end_of_the_last_one(void)
{
    struct report report = make();

    report_forget_run(&report);
    CHECK(report.exception == NULL && report.exception_before == &k3thread_ValueError);
    CHECK(report.error == 0 && report.message == NULL && report.status == NULL);
    CHECK(report.foreign == NULL && report.exit_code == 3);
    CHECK_TEXT(report.left, "[1]");
    CHECK_EQUAL(references, 1);
    report_forget_run(&report);
    CHECK(report.exception_before == NULL); /* the run before has ended without an exception */
    report_release(&report);
}

static void leftovers_are_counted_even_if_no_memory_lists_them(void)
{
    struct report report = {0};
    struct text   list = {.failed = true};

    set_left(&report, "1,2]", 2, 3);
    CHECK(report.left_listed == 2 && report.left_count == 3);
    set_left(&report, ",4]", 3, 1);
    CHECK(report.left_listed == 3 && report.left_count == 4);
    CHECK_TEXT(report.left, "[1,2,4]");
    report_set_left(&report, &list, 9, 5);
    CHECK(report.left_listed == 3 && report.left_count == 9);
    CHECK_TEXT(report.left, "[1,2,4]");
    CHECK_EQUAL(references, 1);
    report_release(&report);
    CHECK_EQUAL(references, 0);
}

TEST_MAIN({"copy", a_copy_has_its_own_strings}, {"replaced", a_later_word_replaces_the_one_before},
          {"forgotten", a_new_run_forgets_the_end_of_the_last_one},
          {"left", leftovers_are_counted_even_if_no_memory_lists_them})
