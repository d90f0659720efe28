#include "cli/commands/lost_limits.h"

#include "cli/base/text.h"
#include "cli/view/message.h"

void lost_limits_warn(const char *command, const json_t *result)
{
    const json_t *names = json_object_get(result, "limited");
    const json_t *name;
    struct text   words = {0};
    size_t        i;

    json_array_foreach(names, i, name)
        text_printf(&words, "%s%s", i > 0 ? ", " : "", json_string_value(name));
    if (words.size > 0)
        message_print(command, NULL,
                      "the command did not get your limits: the supervisor, which was started with "
                      "less, may not raise %.*s",
                      (int) words.size, words.data);
    text_release(&words);
}
