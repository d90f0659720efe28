# The fuzzers as plain programs, which run files: seeds, and inputs that once crashed. tests/fuzz/run
# builds them with libFuzzer: make FUZZ=1 BUILD=… fuzzers.

FUZZERS := wire bytes words parsers arguments terminal
FUZZ_DRIVER = $(if $(FUZZ),,$(BUILD)/tests/fuzz/driver.c.o)
FUZZ_FLAGS  = $(if $(FUZZ),-fsanitize=fuzzer)
TEST_PROGRAMS += $(FUZZERS:%=$(BUILD)/tests/fuzz/%)

# The program without its main(); the wire has a server and a spawn of its own.
FUZZ_OBJECTS = $(filter-out $(BUILD)/cli/main.c.o,$(CLI_OBJECTS))
$(BUILD)/tests/fuzz/wire: FUZZ_OBJECTS := $(filter-out %/server.c.o %/server/shutdown.c.o %/spawn.c.o,$(FUZZ_OBJECTS))

.PHONY: fuzzers
fuzzers: $(FUZZERS:%=$(BUILD)/tests/fuzz/%)

$(FUZZERS:%=$(BUILD)/tests/fuzz/%): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.c.o \
		$(BUILD)/tests/fuzz/driver.c.o $(CLI_OBJECTS) $(STATICLIB) $(BUILD)/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(K3_CFLAGS) -pie $(K3_LDFLAGS) $(FUZZ_FLAGS) -o $@ $< $(FUZZ_DRIVER) \
		$(FUZZ_OBJECTS) $(STATICLIB) $(SHARED_LIBS)
