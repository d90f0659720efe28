# The programs of tests/cli that are not built like the others. See tests/cli/*.bats.

# These link some objects of the program.
$(BUILD)/tests/cli/calls: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o $(addprefix rpc/, base64.c.o bytes.c.o \
	envelope.c.o escape.c.o member.c.o write.c.o) $(addprefix server/, arrival.c.o call.c.o errands.c.o error.c.o permit.c.o))
$(BUILD)/tests/cli/calls: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/connection: $(addprefix $(BUILD)/cli/,$(addprefix base/, array.c.o byte_queue.c.o clock.c.o descriptors.c.o \
	line_buffer.c.o partial_write.c.o text.c.o) server/connection.c.o)
$(BUILD)/tests/cli/events: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o $(addprefix rpc/, base64.c.o bytes.c.o \
	envelope.c.o escape.c.o member.c.o write.c.o) $(addprefix server/, events.c.o inner.c.o))
$(BUILD)/tests/cli/placing: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o server/hosts.c.o)
$(addprefix $(BUILD)/tests/cli/,events placing): TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/input: $(addprefix $(BUILD)/cli/,$(addprefix base/, array.c.o descriptors.c.o partial_write.c.o text.c.o) \
	$(addprefix rpc/, base64.c.o bytes.c.o envelope.c.o escape.c.o member.c.o write.c.o) \
	$(addprefix server/, call.c.o error.c.o input.c.o))
$(BUILD)/tests/cli/console: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o $(addprefix rpc/, base64.c.o bytes.c.o \
	envelope.c.o escape.c.o write.c.o) server/console.c.o)
$(BUILD)/tests/cli/until: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o $(addprefix rpc/, base64.c.o bytes.c.o \
	envelope.c.o escape.c.o member.c.o write.c.o) $(addprefix server/, call.c.o error.c.o join_until.c.o))
$(BUILD)/tests/cli/looks: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o $(addprefix rpc/, base64.c.o bytes.c.o \
	envelope.c.o escape.c.o member.c.o write.c.o) $(addprefix server/, call.c.o error.c.o look.c.o))
$(addprefix $(BUILD)/tests/cli/,input console until looks): TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/leash: $(BUILD)/cli/server/leash.c.o
$(BUILD)/tests/cli/jobserver: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o server/jobserver.c.o)
$(BUILD)/tests/cli/jobserver: TEST_LIBS = -lm
$(BUILD)/tests/cli/mailbox: $(addprefix $(BUILD)/cli/,base/shared_string.c.o \
	base/text.c.o worker/mailbox.c.o worker/thread_report.c.o)
$(BUILD)/tests/cli/tree: $(addprefix $(BUILD)/cli/,base/array.c.o base/clock.c.o $(addprefix process/, \
	account.c.o adopted.c.o children.c.o handle.c.o leftovers.c.o mark.c.o children_end.c.o))
$(BUILD)/tests/cli/tree: TEST_LDFLAGS = -Wl,--wrap=children_read,--wrap=children_list
$(BUILD)/tests/cli/regex: $(BUILD)/cli/ready/regex.c.o $(BUILD)/cli/ready/regex_parse.c.o
$(BUILD)/tests/cli/terminal: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o terminal/modes.c.o terminal/screen.c.o \
	terminal/sequence.c.o)
$(BUILD)/tests/cli/view: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o clock.c.o partial_write.c.o text.c.o) \
	$(addprefix place/,log_buffer.c.o logfile.c.o run_marks.c.o times.c.o) rpc/escape.c.o $(addprefix view/, \
	escape_filter.c.o output.c.o printer.c.o printer_lines.c.o printer_source.c.o printer_take.c.o table.c.o))
$(BUILD)/tests/cli/view: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic
$(BUILD)/tests/cli/view: TEST_LIBS = -ljansson
$(BUILD)/tests/cli/hosts: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o text.c.o whole_text.c.o) \
	remote/host_list.c.o remote/program_image.c.o)
$(BUILD)/tests/cli/top_screen: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o clock.c.o duration.c.o exceptions.c.o \
	file_end.c.o inotify_block.c.o result.c.o size.c.o text.c.o) $(addprefix rpc/,base64.c.o bytes.c.o escape.c.o parse.c.o \
	plain_json.c.o state_word.c.o table_line.c.o) terminal/sequence.c.o $(addprefix top/,actions.c.o arrange.c.o cells.c.o \
	far_log.c.o far_look.c.o footer.c.o help.c.o keys.c.o last_line.c.o line_text.c.o list_view.c.o live.c.o log_view.c.o \
	log_watch.c.o pager.c.o raise_menu.c.o row.c.o rows.c.o state.c.o survey.c.o updates.c.o) $(addprefix view/, \
	command_text.c.o table.c.o thread_text.c.o))
$(BUILD)/tests/cli/top_screen: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic
$(BUILD)/tests/cli/top_screen: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/host_way: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o byte_queue.c.o clock.c.o descriptors.c.o \
	loop.c.o partial_write.c.o text.c.o) place/socket.c.o place/socket_path.c.o $(addprefix remote/,bootstrap.c.o channel.c.o \
	frame.c.o host.c.o host_command.c.o host_script.c.o link.c.o program_image.c.o) $(addprefix rpc/,base64.c.o envelope.c.o \
	escape.c.o member.c.o write.c.o))
$(BUILD)/tests/cli/host_way: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic
$(BUILD)/tests/cli/host_way: TEST_LIBS = -ljansson
$(BUILD)/tests/cli/link: $(addprefix $(BUILD)/cli/,$(addprefix base/, \
	array.c.o byte_queue.c.o clock.c.o loop.c.o partial_write.c.o text.c.o) $(addprefix remote/, \
	channel.c.o frame.c.o link.c.o))
$(BUILD)/tests/cli/link: TEST_LDFLAGS = -Wl,--wrap=clock_monotonic,--wrap=epoll_wait
$(BUILD)/tests/cli/detach: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o commands/detach_keys.c.o)
$(BUILD)/tests/cli/executable: $(BUILD)/cli/commands/executable.c.o
$(BUILD)/tests/cli/relay: $(addprefix $(BUILD)/cli/,base/clock.c.o commands/relay.c.o)
$(BUILD)/tests/cli/times: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o place/times.c.o)
$(BUILD)/tests/cli/logs: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o $(addprefix place/, \
	log_buffer.c.o logfile.c.o run_marks.c.o times.c.o) rpc/escape.c.o)
$(BUILD)/tests/cli/place: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o clock.c.o directory.c.o process_state.c.o \
	text.c.o) $(addprefix place/,journal.c.o lock.c.o place.c.o reason.c.o run_marks.c.o socket_path.c.o) rpc/escape.c.o)
$(BUILD)/tests/cli/worker: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o clock.c.o directory.c.o) \
	$(addprefix worker/,environment.c.o log_limit.c.o logs.c.o makeflags.c.o remote_pool.c.o slot_numbers.c.o))
$(BUILD)/tests/cli/spawn: $(addprefix $(BUILD)/cli/,base/descriptors.c.o base/text.c.o \
	$(addprefix process/,child_stack.c.o limits.c.o spawn.c.o))
$(BUILD)/tests/cli/process: $(addprefix $(BUILD)/cli/,base/text.c.o $(addprefix process/,account.c.o children.c.o \
	handle.c.o limits.c.o listening.c.o live_usage.c.o mark.c.o proc.c.o process_stat.c.o sockets.c.o))
$(BUILD)/tests/cli/output_times: $(BUILD)/cli/base/inotify_block.c.o $(BUILD)/cli/server/output_times.c.o
$(BUILD)/tests/cli/slot_queue: $(addprefix $(BUILD)/cli/server/,slot_lines.c.o slot_queue.c.o slots.c.o)
$(BUILD)/tests/cli/report: $(addprefix $(BUILD)/cli/,$(addprefix base/, \
	array.c.o byte_queue.c.o clock.c.o exceptions.c.o partial_write.c.o shared_string.c.o text.c.o) $(addprefix rpc/, \
	base64.c.o bytes.c.o escape.c.o member.c.o parse.c.o plain_json.c.o state_word.c.o table_line.c.o write.c.o) $(addprefix worker/, \
	remote_output.c.o remote_report.c.o report_json.c.o thread_report.c.o))
$(BUILD)/tests/cli/report: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/store: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o place/times.c.o server/store.c.o)
$(BUILD)/tests/cli/threads: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o exceptions.c.o need_word.c.o \
	result.c.o shared_string.c.o text.c.o) $(addprefix server/,needs.c.o published.c.o reports.c.o shutdown.c.o stuck.c.o \
	tally.c.o thread_events.c.o))
$(BUILD)/tests/cli/threads: TEST_LIBS = -ljansson
$(BUILD)/tests/cli/record: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o duration.c.o exceptions.c.o need_word.c.o \
	result.c.o shared_string.c.o size.c.o text.c.o) $(addprefix rpc/,base64.c.o escape.c.o member.c.o state_word.c.o \
	write.c.o) server/record.c.o server/table.c.o)
$(BUILD)/tests/cli/record: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/params: $(addprefix $(BUILD)/cli/,$(addprefix base/,array.c.o call_word.c.o exceptions.c.o need_word.c.o string_list.c.o \
	suggest.c.o text.c.o thread_name.c.o variables.c.o) process/limits.c.o rpc/base64.c.o rpc/bytes.c.o \
	rpc/escape.c.o rpc/write.c.o $(addprefix server/,param_limits.c.o param_strings.c.o params.c.o select.c.o \
	selection.c.o start_params.c.o surroundings.c.o terminal_size.c.o) worker/environment.c.o worker/job.c.o)
$(BUILD)/tests/cli/params: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/tail: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o $(addprefix place/,log_buffer.c.o \
	logfile.c.o run_marks.c.o times.c.o) rpc/base64.c.o rpc/bytes.c.o rpc/escape.c.o server/tail.c.o)
$(BUILD)/tests/cli/tail: TEST_LIBS = -ljansson
$(BUILD)/tests/cli/text: $(addprefix $(BUILD)/cli/,base/array.c.o base/text.c.o base/duration.c.o base/line_buffer.c.o \
	base/size.c.o $(addprefix rpc/, \
	base64.c.o escape.c.o parse.c.o plain_json.c.o table_line.c.o write.c.o))
$(BUILD)/tests/cli/text: TEST_LDFLAGS = -Wl,--wrap=malloc
$(BUILD)/tests/cli/text: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/top: $(addprefix $(BUILD)/cli/,$(addprefix base/, \
	array.c.o duration.c.o exceptions.c.o file_end.c.o result.c.o size.c.o text.c.o) $(addprefix rpc/, \
	base64.c.o bytes.c.o escape.c.o parse.c.o plain_json.c.o state_word.c.o table_line.c.o) terminal/sequence.c.o $(addprefix top/, \
	arrange.c.o cells.c.o last_line.c.o line_text.c.o pager.c.o row.c.o rows.c.o) $(addprefix view/, \
	command_text.c.o table.c.o thread_text.c.o))
$(BUILD)/tests/cli/top: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/words: $(addprefix $(BUILD)/cli/base/,array.c.o call_word.c.o exceptions.c.o need_word.c.o result.c.o \
	shared_string.c.o suggest.c.o text.c.o thread_name.c.o variables.c.o)
$(BUILD)/tests/cli/files: $(addprefix $(BUILD)/cli/base/,array.c.o byte_queue.c.o descriptor_path.c.o descriptors.c.o \
	directory.c.o env_file.c.o file_end.c.o file_lines.c.o line_buffer.c.o partial_write.c.o plain_lines.c.o \
	process_state.c.o text.c.o variables.c.o whole_text.c.o)
$(BUILD)/tests/cli/course: $(addprefix $(BUILD)/cli/,$(addprefix base/, \
	array.c.o clock.c.o duration.c.o exceptions.c.o result.c.o size.c.o text.c.o) rpc/base64.c.o rpc/bytes.c.o \
	rpc/escape.c.o rpc/plain_json.c.o \
	$(addprefix script/, course.c.o critical_path.c.o moments.c.o run_threads.c.o) \
	$(addprefix view/, command_text.c.o leftover_text.c.o table.c.o thread_text.c.o))
$(BUILD)/tests/cli/course: TEST_LDFLAGS = -Wl,--wrap=array_room,--wrap=array_reach
$(BUILD)/tests/cli/course: TEST_LIBS = -ljansson -lm
$(BUILD)/tests/cli/line: $(addprefix $(BUILD)/cli/,$(addprefix base/, array.c.o text.c.o) \
	$(addprefix script/, expansion.c.o line_scanner.c.o line_words.c.o words.c.o))
# These have the program without its main().
$(addprefix $(BUILD)/tests/cli/,client feed notices probes procfile progress request script): $(filter-out $(BUILD)/cli/main.c.o,$(CLI_OBJECTS))
$(addprefix $(BUILD)/tests/cli/,client feed notices probes procfile progress request script): TEST_LIBS = $(SHARED_LIBS)
$(BUILD)/tests/cli/client: TEST_LDFLAGS = -Wl,--wrap=send,--wrap=recv
# What the results of a run consist of.
RUN_RESULTS = $(addprefix $(BUILD)/cli/,$(addprefix base/, \
	array.c.o clock.c.o duration.c.o exceptions.c.o file_end.c.o partial_write.c.o result.c.o size.c.o text.c.o) \
	$(addprefix rpc/, base64.c.o bytes.c.o escape.c.o member.c.o parse.c.o plain_json.c.o write.c.o) \
	$(addprefix script/, course.c.o critical_path.c.o log_tail.c.o moments.c.o outcome.c.o report_edges.c.o \
	report_failures.c.o report_path.c.o report_style.c.o report_table.c.o report_timeline.c.o report_words.c.o \
	result_json.c.o result_junit.c.o result_report.c.o result_trace.c.o run_threads.c.o summary.c.o timeline_axis.c.o \
	timeline_labels.c.o timeline_lines.c.o timeline_rows.c.o trace_event.c.o unique_names.c.o xml.c.o) \
	$(addprefix view/, command_text.c.o escape_filter.c.o leftover_text.c.o output.c.o table.c.o thread_text.c.o))
$(BUILD)/tests/cli/page $(BUILD)/tests/cli/timeline $(BUILD)/tests/cli/results: $(RUN_RESULTS)
$(BUILD)/tests/cli/page $(BUILD)/tests/cli/timeline $(BUILD)/tests/cli/results: TEST_LIBS = -ljansson -lm
# The C library of the quick way, whose names begin with quick_ here.
$(BUILD)/tests/cli/quick_names.o: $(BUILD)/quick/cli/quick/libc.c.o
	$(Q)$(NM) --defined-only -g $< | sed -E 's/.* (.+)/\1 quick_\1/' >$@.names
	$(Q)$(OBJCOPY) --redefine-syms=$@.names $< $@
$(BUILD)/tests/cli/quick_libc: $(BUILD)/tests/cli/quick_names.o
# Without the part that runs before the C library has begun.
$(BUILD)/tests/cli/quick: $(filter-out %/quick/libc.c.o %/quick/quick.c.o %/entry.S.o,$(QUICK_OBJECTS))
$(BUILD)/tests/cli/quick: TEST_LIBS = -ljansson
$(BUILD)/tests/cli/loop: $(addprefix $(BUILD)/cli/base/,background_close.c.o file_watch.c.o inotify_block.c.o loop.c.o \
	loop_inotify.c.o loop_signals.c.o)
$(BUILD)/tests/cli/loop: TEST_LDFLAGS = -Wl,--wrap=epoll_wait,--wrap=epoll_ctl,--wrap=read,--wrap=clock_monotonic
