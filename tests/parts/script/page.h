/* The page of run --report in work, of a run whose numbers are known: what the tests of its sections share. */
#ifndef PAGE_H
#define PAGE_H

#include "tests/parts/script/finished_run.h"

#include "cli/base/text.h"
#include "cli/script/report_page.h"

#define ENDED(seconds)     "'state':'ended','ended':1700000010,'seconds':" #seconds
#define DATA(value, words) "<data value=\"" value "\">" words "</data>"

/* A page in work. */
struct page {
    struct finished_run run;
    struct text         text;
    struct report_page  report;
};

static inline void page_begin(struct page *page)
{
    *page = (struct page){0};
    run_begin(&page->run);
    page->report =
        (struct report_page){.text = &page->text, .result = &page->run.result, .total = 10};
}

/* Adds a part of the critical path. */
static inline struct path_part *page_add_part(struct page *page, int id, enum path_kind kind,
                                              enum path_cause cause, double began, double ended)
{
    struct critical_path *path = &page->report.path;

    path->parts = array_room(path->parts, path->count, sizeof(*path->parts));
    CHECK(path->parts != NULL);
    path->parts[path->count] =
        (struct path_part){.id = id, .kind = kind, .cause = cause, .began = began, .ended = ended};
    return &path->parts[path->count++];
}

/* Writes a section by ADD. */
static inline void page_write(struct page *page, void (*add)(const struct report_page *report))
{
    text_release(&page->text);
    page->report.count = run_threads_count(&page->run.threads);
    page->report.failed = run_threads_count_failed(&page->run.threads);
    add(&page->report);
    text_byte(&page->text, '\0', 1);
    CHECK(!page->text.failed);
}

static inline void page_end(struct page *page)
{
    critical_path_release(&page->report.path);
    text_release(&page->text);
    run_end(&page->run);
}

/* Returns how often WORDS are on the page. */
static inline size_t page_count(const struct page *page, const char *words)
{
    size_t found = 0;

    for (const char *at = page->text.data; (at = strstr(at, words)) != NULL; at++)
        found++;
    return found;
}

/* Checks that WORDS are on the page, once. */
static inline void check_once(const struct page *page, const char *words)
{
    if (page_count(page, words) == 1)
        return;
    fprintf(stderr, "%zu times '%s' in '%s'\n", page_count(page, words), words, page->text.data);
    test_fail(__FILE__, __LINE__, "once");
}

static inline void check_none(const struct page *page, const char *words)
{
    CHECK_EQUAL(page_count(page, words), 0);
}

#endif
