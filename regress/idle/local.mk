# regress/idle: many who are registered and do nothing.

check_PROGRAMS += regress/idle/wzp-idle
regress_idle_wzp_idle_SOURCES = regress/idle/idle.c bench/bank.c \
	bench/bank.h bench/people.c bench/people.h bench/pipe.c bench/pipe.h
regress_idle_wzp_idle_LDADD = client/libwzp.a common/libquic.a \
	common/libwire.a common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) \
	$(BSD_LIBS)

EXTRA_DIST += regress/idle/bench.sh regress/idle/clients-control.sh \
	regress/idle/clients-full.sh regress/idle/clients-long.sh regress/idle/clients.sh \
	regress/idle/silent.sh \
	regress/idle/idle.inc
LINT_SH += regress/idle/idle.inc
