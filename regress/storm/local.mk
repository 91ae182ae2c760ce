# regress/storm: many clients at once, and one process of the relay killed.

check_PROGRAMS += regress/storm/wzp-storm
regress_storm_wzp_storm_SOURCES = regress/storm/log.c regress/storm/main.c \
	regress/storm/peer.c regress/storm/plan.c \
	regress/storm/stall.c regress/storm/storm.h
regress_storm_wzp_storm_LDADD = client/libwzp.a common/libquic.a \
	common/libwire.a common/libsandbox.a common/libbase.a \
	$(PORTMAP_LIBS) $(QUIC_LIBS) $(YYJSON_LIBS) $(SECCOMP_LIBS) \
	$(EV_LIBS) $(OPUS_LIBS) $(SNDFILE_LIBS) $(SAMPLERATE_LIBS) \
	$(SNDIO_LIBS) -lm $(BSD_LIBS)

check_PROGRAMS += regress/storm/storm-judge
regress_storm_storm_judge_SOURCES = regress/storm/judge.c \
	regress/storm/judge.h regress/storm/judge_log.c \
	regress/storm/judge_rows.c
regress_storm_storm_judge_LDADD = common/libipc.a common/libwire.a \
	common/libbase.a $(MSGPACK_LIBS) $(SQLITE_LIBS) $(YYJSON_LIBS) \
	$(BSD_LIBS)

EXTRA_DIST += regress/storm
LINT_SH += regress/storm/kill.inc regress/storm/registry-load.inc \
	regress/storm/storm.inc
