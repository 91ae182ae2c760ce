# regress: what is built here, and how it is run.

check_PROGRAMS += regress/peer/wzp-peer
regress_peer_wzp_peer_SOURCES = regress/peer/bare.c \
	regress/peer/conn.c regress/peer/expect.c \
	regress/peer/expect.h regress/peer/ident.c regress/peer/loop.c \
	regress/peer/main.c regress/peer/match.c regress/peer/peer.h \
	regress/peer/pulse.c regress/peer/script.c regress/peer/serve.c \
	regress/peer/shape.c regress/peer/stream.c \
	regress/peer/tls.c regress/peer/util.c regress/peer/vars.c \
	regress/peer/vars.h
regress_peer_wzp_peer_LDADD = $(QUIC_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

# A worker in an attacker's hands.
check_PROGRAMS += regress/hostile/hostile
regress_hostile_hostile_SOURCES = regress/hostile/acts.c \
	regress/hostile/craft.c regress/hostile/craft.h \
	regress/hostile/hostile.c regress/hostile/hostile.h
regress_hostile_hostile_LDADD = common/libipc.a common/libbase.a \
	$(EV_LIBS) $(MSGPACK_LIBS) $(BSD_LIBS)

# One that is inside its sandbox, for relay/hostile-worker.sh.
check_PROGRAMS += regress/hostile/badworker
regress_hostile_badworker_SOURCES = regress/hostile/badworker.c
regress_hostile_badworker_LDADD = common/libworker.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(EV_LIBS) $(MSGPACK_LIBS) \
	$(SECCOMP_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/hostile_test
regress_unit_hostile_test_SOURCES = regress/unit/hostile_test.c \
	regress/hostile/craft.c regress/hostile/craft.h
regress_unit_hostile_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_hostile_test_LDADD = common/libipc.a common/libbase.a \
	$(EV_LIBS) $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

EXTRA_DIST += regress/.shellcheckrc regress/lib.sh regress/run \
	regress/wirecase regress/relay regress/sandbox regress/wire \
	regress/hostile/after.wire regress/hostile/controld.sh \
	regress/hostile/doord.sh regress/hostile/drill.sh \
	regress/hostile/during.wire regress/hostile/federd.sh \
	regress/hostile/keyd.sh regress/hostile/lookupd.sh \
	regress/hostile/mediad.sh regress/hostile/registryd.sh \
	regress/hostile/signald.sh
LINT_SH += regress/relay/lan.inc regress/relay/limits.inc regress/run \
	regress/wirecase

regress: all $(check_PROGRAMS)
	@SRCDIR='$(abs_srcdir)' REGRESS_ONLY='$(REGRESS_ONLY)' \
	    REGRESS_JOBS='$(REGRESS_JOBS)' sh $(srcdir)/regress/run
# What `make check' and `make distcheck' run of all that: a minute or two.
CHECK_ONLY = unit vectors list wire/register wire/offer relay/start-stop
check-local:
	@SRCDIR='$(abs_srcdir)' REGRESS_ONLY='$(CHECK_ONLY)' \
	    REGRESS_JOBS='$(REGRESS_JOBS)' sh $(srcdir)/regress/run
regress-long: all $(check_PROGRAMS)
	@SRCDIR='$(abs_srcdir)' REGRESS_ONLY='$(REGRESS_ONLY)' \
	    REGRESS_JOBS='$(REGRESS_JOBS)' sh $(srcdir)/regress/run -x
regress-list: all $(check_PROGRAMS)
	@SRCDIR='$(abs_srcdir)' sh $(srcdir)/regress/run -l
demo: all regress/audio/cmp regress/audio/source regress/peer/wzp-peer
	@SRCDIR='$(abs_srcdir)' sh $(srcdir)/regress/demo/demo
demo-federation: all regress/audio/cmp regress/audio/source \
    regress/nat/wire regress/peer/wzp-peer
	@SRCDIR='$(abs_srcdir)' sh $(srcdir)/regress/demo/demo-federation
clean-local:
	rm -rf regress/log

.PHONY: demo demo-federation regress regress-list regress-long
