#include "safepoint_frame.h"

#include <stdint.h>
#include <string.h>

/* The encodings of numbers in DWARF's tables for exceptions. */
#define DW_EH_PE_OMIT    0xFF
#define DW_EH_PE_ULEB128 0x01
#define DW_EH_PE_UDATA2  0x02
#define DW_EH_PE_UDATA4  0x03
#define DW_EH_PE_UDATA8  0x04

static uintptr_t read_uleb128(const unsigned char **at)
{
    uintptr_t     value = 0;
    unsigned      shift = 0;
    unsigned char byte;

    do {
        byte = *(*at)++;
        value |= (uintptr_t) (byte & 0x7F) << shift;
        shift += 7;
    } while ((byte & 0x80) != 0);
    return value;
}

static uintptr_t read_fixed(const unsigned char **at, size_t size)
{
    uintptr_t value = 0;

    memcpy(&value, *at, size); /* both kinds of processor are little-endian */
    *at += size;
    return value;
}

/* Reads a number of the call-site table. */
static uintptr_t read_number(const unsigned char **at, unsigned char encoding)
{
    switch (encoding & 0x0F) {
    case DW_EH_PE_UDATA2:
        return read_fixed(at, 2);
    case DW_EH_PE_UDATA4:
        return read_fixed(at, 4);
    case DW_EH_PE_UDATA8:
        return read_fixed(at, 8);
    default:
        return read_uleb128(at);
    }
}

/*
 * The personality routine of the frame looks up the frame's program counter in the function's call-site table. This
 * function sets the counter to a call that has no landing pad. Every function with clean-ups has such a call: the
 * one that resumes the unwinding after the clean-ups. (The table lists that call if the function is in one piece; a
 * flag in k3thread.pc forbids gcc to split it.) In C a counter that is not in the table would do, but C++ ends the
 * program then.
 */
void k3t_safepoint_frame_pass(struct _Unwind_Context *context)
{
    const unsigned char *at = (const unsigned char *) _Unwind_GetLanguageSpecificData(context);
    const unsigned char *end;
    unsigned char        encoding;
    uintptr_t            size, start, pad;

    if (at == NULL || *at++ != DW_EH_PE_OMIT) /* gcc and clang omit the start of landing pads */
        return;
    if (*at++ != DW_EH_PE_OMIT)
        read_uleb128(&at);
    encoding = *at++;
    size = read_uleb128(&at);
    for (end = at + size; at < end;) {
        start = read_number(&at, encoding);
        read_number(&at, encoding);
        pad = read_number(&at, encoding);
        read_uleb128(&at);
        if (pad == 0) {
            _Unwind_SetIP(context, _Unwind_GetRegionStart(context) + start + 1);
            return;
        }
    }
}
