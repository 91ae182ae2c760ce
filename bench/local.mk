# bench: what a datagram, a call, a registration and a handshake cost.

check_PROGRAMS += bench/wzp-bench
bench_wzp_bench_SOURCES = bench/aead.c bench/allocs.c bench/allocs.h \
	bench/bank.c bench/bank.h bench/bench.h \
	bench/cpu.c bench/cpu.h bench/crowd.c bench/crowd.h \
	bench/federated.c bench/figures.c bench/figures.h bench/main.c \
	bench/media.c bench/pace.c bench/pace.h bench/people.c \
	bench/people.h bench/pipe.c bench/pipe.h bench/plain.c bench/rates.c \
	bench/storm.c
# The load on coturn.
bench_wzp_bench_SOURCES += bench/coturn.c bench/coturn.h bench/turn.c \
	bench/turn.h
bench_wzp_bench_LDADD = client/libwzp.a common/libquic.a \
	common/libwire.a common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) \
	$(BSD_LIBS)

# Not a program, but built like one: nothing here needs libtool.
check_PROGRAMS += bench/allocs.so
bench_allocs_so_SOURCES = bench/allocs.h bench/interpose.c
bench_allocs_so_CFLAGS = $(WARN_CFLAGS) -fPIC -fno-builtin
bench_allocs_so_LDFLAGS = -shared

# Frozen: see there.
check_PROGRAMS += bench/wzp-plain
bench_wzp_plain_SOURCES = bench/forward.c

check_PROGRAMS += bench/wzp-bench-report
bench_wzp_bench_report_SOURCES = bench/report.c bench/report.h bench/schema.c
bench_wzp_bench_report_LDADD = $(YYJSON_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/figures_test
regress_unit_figures_test_SOURCES = regress/unit/figures_test.c \
	bench/figures.c bench/figures.h
regress_unit_figures_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_figures_test_LDADD = common/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/turn_test
regress_unit_turn_test_SOURCES = regress/unit/turn_test.c bench/turn.c \
	bench/turn.h
regress_unit_turn_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_turn_test_LDADD = common/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)

EXTRA_DIST += bench/relayd-peer bench/run doc/PERFORMANCE.md
LINT_SH += bench/relayd-peer bench/run

bench: all bench/allocs.so bench/wzp-bench bench/wzp-bench-report bench/wzp-plain \
    regress/nat/wire regress/peer/wzp-peer regress/unit/datapath_test
	@SRCDIR='$(abs_srcdir)' sh $(srcdir)/bench/run $(BENCH_FLAGS)

.PHONY: bench
