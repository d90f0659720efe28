#include "cli/worker/job.h"

#include "cli/base/string_list.h"
#include "cli/worker/environment.h"
#include "cli/worker/origin.h"

#include <stdlib.h>

void job_release(struct job *job)
{
    free(job->name);
    string_list_free(job->argv);
    environment_unref(job->environment);
    free(job->directory);
    free(job->input);
    free(job->output);
    free(job->ready);
    free(job->host);
    origin_free(job->origin);
    for (size_t i = 0; i < job->need_count; i++)
        free(job->needs[i].word);
    free(job->needs);
    *job = (struct job){0};
}
