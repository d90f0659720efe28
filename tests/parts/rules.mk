# The programs that test parts of k3thread alone. They take from an archive what they call, and define themselves what
# a part shall call instead.

PARTS := $(BUILD)/tests/parts/parts.a

$(PARTS): $(filter-out $(BUILD)/cli/main.c.o,$(CLI_OBJECTS))
	$(call say,AR,$@)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

OF_PARTS := $(filter-out %/quick %/quick_libc,$(filter $(BUILD)/tests/parts/%,$(TEST_PROGRAMS)))
$(OF_PARTS): $(PARTS)
$(OF_PARTS): TEST_LIBS = $(PARTS) -Wl,--as-needed $(SHARED_LIBS)

# The C library of the quick way, whose names begin with quick_ here.
$(BUILD)/tests/parts/quick/quick_names.o: $(BUILD)/quick/cli/quick/libc.c.o
	$(Q)$(NM) --defined-only -g $< | sed -E 's/.* (.+)/\1 quick_\1/' >$@.names
	$(Q)$(OBJCOPY) --redefine-syms=$@.names $< $@
$(BUILD)/tests/parts/quick/quick_libc: $(BUILD)/tests/parts/quick/quick_names.o

# The course of the quick way. The test defines what it calls.
$(BUILD)/tests/parts/quick/quick_way: $(BUILD)/quick/cli/quick/quick.c.o

# owner.c checks that a lock is released by the thread that holds it.
$(BUILD)/tests/parts/base/loop $(BUILD)/tests/parts/base/changes: $(BUILD)/tests/lib/owner.c.o

# The quick way without the part that runs before the C library has begun.
$(BUILD)/tests/parts/quick/quick: $(filter-out %/quick/libc.c.o %/quick/quick.c.o %/entry.S.o,$(QUICK_OBJECTS))
$(BUILD)/tests/parts/quick/quick: TEST_LIBS = -ljansson

# The main function of k3thread-host, which a wrap renames. The test defines what it calls.
$(BUILD)/tests/parts/host/called: $(BUILD)/cli/host/host.c.o
