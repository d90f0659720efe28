/* Fuzzes the splitting of a script's lines into words. */
#include "cli/script/reader.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>

struct input {
    const uint8_t *data;
    size_t         size;
};

/* Returns the next line of the input. */
static int next_line(void *context, bool continued, struct text *line)
{
    struct input  *input = context;
    const uint8_t *end = input->size > 0 ? memchr(input->data, '\n', input->size) : NULL;
    size_t         size = end != NULL ? (size_t) (end - input->data) + 1 : input->size;

    (void) continued;
    if (size == 0)
        return 0;
    text_append(line, input->data, size);
    input->data += size;
    input->size -= size;
    return line->failed ? -ENOMEM : 1;
}

static void check(const struct words *words)
{
    MUST(words->count > 0 && words->list[words->count] == NULL);
    for (size_t i = 0; i < words->count; i++)
        MUST(strlen(words->list[i]) <= WORDS_SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *const       arguments[] = {"one", "two words", "", NULL};
    static char *const       environment[] = {"HOME=/home/me", "EMPTY=", "A=a b", NULL};
    const struct words_scope scope = {
        .name = "script", .arguments = arguments, .environment = environment};
    struct input  input = {data, size};
    struct reader reader = {.next_line = next_line, .context = &input, .scope = &scope};
    struct words  words;
    struct text   why = {0};
    int           found;

    while ((found = reader_next(&reader, &words, &why)) == 1 || found == -EINVAL) {
        if (found == 1) {
            check(&words);
            words_release(&words);
        } else {
            MUST(why.size > 0 || why.failed);
            why.size = 0;
        }
    }
    text_release(&why);
    return 0;
}
