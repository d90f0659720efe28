#include "cli/top/far_look.h"

#include "cli/base/clock.h"
#include "cli/rpc/bytes.h"
#include "cli/top/last_line.h"
#include "cli/top/live.h"

#include <math.h>
#include <stdlib.h>

/* The most threads of one request, as the supervisor has it. */
#define THREADS_MAX 64

/* The seconds between two requests for the ends of logs. */
#define OUTPUT_PAUSE 0.2

bool far_look_is_for(const struct state *state, const struct row *row)
{
    return !state->is_local || row->is_far;
}

/* Asking */

/* Returns true if the usage of ROW is to be asked for at TIME. */
static bool is_due(const struct state *state, const struct row *row, double time)
{
    return far_look_is_for(state, row) && row_runs(row) && time >= live_next(row);
}

/* Adds the thread of ROW, unless the request has it. Returns false if there is no room. */
static bool add(json_t *threads, const struct row *row)
{
    for (size_t i = 0; i < json_array_size(threads); i++)
        if (json_integer_value(json_array_get(threads, i)) == row->id)
            return true;
    return json_array_size(threads) < THREADS_MAX &&
           json_array_append_new(threads, json_integer(row->id)) == 0;
}

/* Sends the request, unless THREADS is empty or NULL. Uses up THREADS. Sets *RET_ID unless that fails. */
static void send_look(struct state *state, json_t *threads, bool output, json_int_t *ret_id)
{
    if (json_array_size(threads) > 0)
        (void) client_send(state->client, "look",
                           json_pack("{s:O, s:b}", "threads", threads, "output", output), ret_id);
    json_decref(threads);
}

/* Adds further rows of the whole list, from where the last request has stopped. */
static void add_others(struct state *state, json_t *threads, double time)
{
    const struct rows *rows = &state->rows;

    for (size_t seen = 0; seen < rows->count && json_array_size(threads) < THREADS_MAX; seen++) {
        const struct row *row;

        if (state->far.next_row >= rows->count)
            state->far.next_row = 0;
        row = rows->by_id[state->far.next_row++];
        if (is_due(state, row, time))
            (void) add(threads, row);
    }
}

static void ask_usage(struct state *state, struct row *const *rows, size_t count, double time)
{
    enum arrange_order order = state->arrangement.order;
    json_t            *threads = json_array();

    for (size_t i = 0; i < count; i++)
        if (is_due(state, rows[i], time))
            (void) add(threads, rows[i]);
    if (arrange_is_by_usage(order))
        add_others(state, threads, time);
    send_look(state, threads, false, &state->far.usage_request);
}

static bool lacks_output(const struct state *state, const struct row *row)
{
    return !state->is_local && !row->live.is_read;
}

static void ask_output(struct state *state, struct row *const *rows, size_t count, double time)
{
    json_t *threads = json_array();

    for (size_t i = 0; i < count; i++)
        if (lacks_output(state, rows[i]) && add(threads, rows[i]))
            rows[i]->live.is_read = true;
    state->far.output_next = time + OUTPUT_PAUSE;
    send_look(state, threads, true, &state->far.output_request);
}

void far_look_ask(struct state *state, double time)
{
    size_t             count;
    struct row *const *rows = state_visible(state, &count);

    if (state->far.is_refused)
        return;
    if (state->far.usage_request == 0)
        ask_usage(state, rows, count, time);
    if (state->far.output_request == 0 && time >= state->far.output_next)
        ask_output(state, rows, count, time);
}

double far_look_next(const struct state *state)
{
    size_t             count;
    struct row *const *rows = state_visible(state, &count);
    double             next = INFINITY;

    for (size_t i = 0; i < count && !state->far.is_refused; i++) {
        if (state->far.usage_request == 0 && far_look_is_for(state, rows[i]))
            next = fmin(next, live_next(rows[i]));
        if (state->far.output_request == 0 && lacks_output(state, rows[i]))
            next = fmin(next, state->far.output_next);
    }
    return next;
}

/* Replies */

static void take_usage(struct row *row, const json_t *looked)
{
    const json_t *cpu = json_object_get(looked, "cpu");
    double        time = clock_monotonic();

    if (json_is_number(cpu))
        (void) live_take(row, time, json_number_value(cpu),
                         (uint64_t) json_integer_value(json_object_get(looked, "memory")));
    else
        live_skip(row, time); /* its machine has not answered */
}

static void take_output(struct row *row, const json_t *output)
{
    struct text text = {0};
    char       *data;
    size_t      size;

    if (bytes_any_from_json(output, &data, &size) != 0)
        return;
    last_line_find(&text, data, size);
    free(data);
    text_byte(&text, '\0', 1);
    if (text.failed) {
        text_release(&text);
        return;
    }
    free(row->live.line);
    row->live.line = text.data;
}

static void take_list(struct state *state, const json_t *list, bool output)
{
    const json_t *looked;
    size_t        i;

    json_array_foreach((json_t *) list, i, looked) {
        struct row *row =
            rows_find(&state->rows, json_integer_value(json_object_get(looked, "id")));

        if (row != NULL && output)
            take_output(row, json_object_get(looked, "output"));
        else if (row != NULL)
            take_usage(row, looked);
    }
}

bool far_look_take(struct state *state, const struct reply *reply)
{
    bool        output = reply->id == state->far.output_request;
    json_int_t *request = output ? &state->far.output_request : &state->far.usage_request;

    if (reply->id != *request)
        return false;
    *request = 0;
    if (reply->result == NULL)
        state->far.is_refused = true; /* an older supervisor does not have the method */
    else
        take_list(state, reply->result, output);
    state->must_arrange |= arrange_is_by_usage(state->arrangement.order);
    state->must_draw = true;
    return true;
}
