/* Writes the words of the page of a run: bytes of commands as text, times, and links. */
#include "cli/base/duration.h"
#include "cli/script/outcome.h"
#include "cli/script/report_page.h"
#include "cli/script/xml.h"
#include "cli/view/thread_text.h"

void report_add_words(struct text *text, struct text *words)
{
    xml_add(text, words->data, words->size);
    text->failed |= words->failed;
    text_release(words);
}

void report_add_bytes(struct text *text, const json_t *value)
{
    struct text words = {0};

    thread_add_bytes(&words, value);
    report_add_words(text, &words);
}

void report_add_duration(struct text *text, double seconds)
{
    if (seconds < 0.9995)
        text_printf(text, "%.0fms", seconds * 1e3);
    else if (seconds < 9.995)
        text_printf(text, "%.2fs", seconds);
    else
        duration_add(text, seconds);
}

void report_add_seconds(struct text *text, double seconds)
{
    text_printf(text, "<data value=\"%.6f\">", seconds);
    report_add_duration(text, seconds);
    text_add(text, "</data>");
}

void report_add_number(struct text *text, const char *class, json_int_t number)
{
    text_printf(text,
                "<data class=\"%s\" value=\"%" JSON_INTEGER_FORMAT "\">%" JSON_INTEGER_FORMAT
                "</data>",
                class, number, number);
}

void report_add_link(struct text *text, const json_t *object)
{
    text_printf(text, "<a href=\"#t%" JSON_INTEGER_FORMAT "\"><bdi>", thread_id(object));
    report_add_bytes(text, json_object_get(object, "name"));
    text_add(text, "</bdi></a>");
}

const json_t *report_thread(const struct report_page *report, json_int_t id)
{
    const struct run_thread *element = run_threads_find(report->result->threads, id);

    return element != NULL ? element->thread : NULL;
}

const char *report_class(const struct report_page *report, const json_t *object)
{
    if (run_threads_status(report->result->threads, object) != 0)
        return "failed";
    return outcome_is_skipped(report->result->threads, object) ? "skipped" : "ok";
}
