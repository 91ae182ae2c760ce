# bench: what a datagram and a signal between two relays cost.

check_PROGRAMS += bench/wzp-bench
bench_wzp_bench_SOURCES = bench/bench.h bench/load.c bench/main.c \
	bench/plain.c
bench_wzp_bench_LDADD = common/libquic.a common/libwire.a \
	common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

EXTRA_DIST += bench/federated.sh
LINT_SH += bench/federated.sh

bench: all bench/wzp-bench regress/nat/wire regress/peer/wzp-peer
	@SRCDIR='$(abs_srcdir)' sh $(srcdir)/bench/federated.sh

.PHONY: bench
