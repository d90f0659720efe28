#include "cli/script/result_trace.h"

#include "cli/rpc/write.h"
#include "cli/script/trace_event.h"

void result_add_trace(struct text *text, const struct run_result *result)
{
    const struct trace *trace = result->trace;
    struct text         process = {0};

    trace_event_add_process(&process, result->name);
    text_add(text, "{\"traceEvents\":[\n");
    text_append(text, process.data, process.size);
    if (trace->events.size > 0)
        text_add(text, ",\n");
    text_append(text, trace->events.data, trace->events.size);
    text_add(text, "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{\"started\":");
    write_seconds(text, trace->began);
    text_printf(text, ",\"exit_status\":%d}}\n", result->status);
    text->failed |= process.failed || trace->events.failed;
    text_release(&process);
}
