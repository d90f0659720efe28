#include "cli/script/report_edges.h"

#include "cli/base/array.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <stdlib.h>

static void add(struct edges *edges, struct edge edge)
{
    struct edge *list = array_room(edges->list, edges->count, sizeof(*list));

    if (list == NULL) {
        edges->failed = true;
        return;
    }
    edges->list = list;
    list[edges->count++] = edge;
}

/* Returns the time at which THREAD stopped waiting for its needs, for which it waits first of all. */
static double wait_end(const struct course_thread *thread)
{
    const struct course_phase *first = &thread->phases[0];

    return course_is_of_run(first) ? first->began : first->ended;
}

/*
 * Adds the lines to OBJECT from the threads that it waited for. A need that was met already when the thread was
 * created has no line.
 */
static void add_needs(struct edges *edges, const struct report_page *report, const size_t *rows,
                      const json_t *object)
{
    const struct course        *course = report->result->course;
    const struct course_thread *thread = course_find(course, thread_id(object));
    double        created = json_number_value(json_object_get(object, "created")) - course->began;
    double        until = thread != NULL ? wait_end(thread) : NAN;
    const json_t *need;
    size_t        i;

    json_array_foreach(json_object_get(object, "needs"), i, need) {
        json_int_t id = thread_id(need);
        double     met = isnan(until) ? NAN : critical_path_met(course, need, created, until);

        if (!isnan(met) && met >= created && report_thread(report, id) != NULL)
            add(edges,
                (struct edge){
                    .from = rows[id], .to = rows[thread_id(object)], .left = met, .time = met});
    }
}

static int compare(const void *a, const void *b)
{
    const struct edge *one = a, *other = b;

    if (one->from != other->from)
        return one->from < other->from ? -1 : 1;
    if (one->time < other->time || one->time > other->time)
        return one->time < other->time ? -1 : 1;
    return 0;
}

/* Removes the lines from FROM to TO, because a line of the critical path takes their place. */
static void drop(struct edges *edges, size_t from, size_t to)
{
    size_t kept = 0;

    for (size_t i = 0; i < edges->count; i++)
        if (edges->list[i].from != from || edges->list[i].to != to || edges->list[i].is_critical)
            edges->list[kept++] = edges->list[i];
    edges->count = kept;
}

/* Adds the lines of the critical path. A part of the script has no row, and so no line. */
static void add_path(struct edges *edges, const struct report_page *report, const size_t *rows)
{
    const struct path_part *before = NULL;

    for (size_t i = 0; i < report->path.count; i++) {
        const struct path_part *part = &report->path.parts[i];

        if (part->id == 0)
            continue;
        if (before != NULL && before->id != part->id) {
            drop(edges, rows[before->id], rows[part->id]);
            add(edges, (struct edge){.from = rows[before->id],
                                     .to = rows[part->id],
                                     .left = before->ended,
                                     .time = fmax(part->began, before->ended),
                                     .is_critical = true});
        }
        before = part;
    }
}

void edges_find(struct edges *edges, const struct report_page *report, const size_t *rows)
{
    const json_t *thread;

    for (size_t id = 0; (thread = run_threads_next(report->result->threads, &id)) != NULL;)
        add_needs(edges, report, rows, thread);
    if (edges->count > 1)
        qsort(edges->list, edges->count, sizeof(*edges->list), compare);
    add_path(edges, report, rows);
}

void edges_release(struct edges *edges)
{
    free(edges->list);
}
