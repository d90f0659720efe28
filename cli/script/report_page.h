/* The data and the words that the sections of a run's page share. For result_report.c and the files report_*.c. */
#ifndef K3THREAD_CLI_SCRIPT_REPORT_PAGE_H
#define K3THREAD_CLI_SCRIPT_REPORT_PAGE_H

#include "cli/base/text.h"
#include "cli/script/critical_path.h"
#include "cli/script/run_result.h"

/* One page. */
struct report_page {
    struct text             *text;
    const struct run_result *result;
    struct critical_path     path;
    size_t                   count, failed, skipped; /* of threads */
    double                   total;                  /* the seconds that the timeline shows */
};

/* The style sheet of the page, in pieces, up to a NULL. */
extern const char *const report_style[];

/* Words */

/* Adds WORDS as text, and releases them. */
void report_add_words(struct text *text, struct text *words);

/* Adds the bytes VALUE as text, with control characters escaped as for a terminal. */
void report_add_bytes(struct text *text, const json_t *value);

/* Adds SECONDS as a person reads them: 12ms, 1.23s, 3m05s. */
void report_add_duration(struct text *text, double seconds);

/* Adds SECONDS in the same words, in an element "data" that has the exact number for programs. */
void report_add_seconds(struct text *text, double seconds);

/* Adds a whole number in an element "data" of CLASS. */
void report_add_number(struct text *text, const char *class, json_int_t number);

/* Adds a link to the row of OBJECT in the table, with the thread's name. */
void report_add_link(struct text *text, const json_t *object);

/* Returns the description of the thread ID, or NULL. */
const json_t *report_thread(const struct report_page *report, json_int_t id);

/* Returns the class of elements about OBJECT, which shows the result of the thread. */
const char *report_class(const struct report_page *report, const json_t *object);

/* Each of these functions adds a section, unless the section would be empty. */
void report_add_failures(const struct report_page *report);
void report_add_timeline(const struct report_page *report);
void report_add_path(const struct report_page *report);
void report_add_table(const struct report_page *report);

#endif
