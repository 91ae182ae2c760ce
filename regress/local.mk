# regress: what is built here, and how it is run.

check_PROGRAMS += regress/peer/wzp-peer
regress_peer_wzp_peer_SOURCES = regress/peer/bare.c \
	regress/peer/conn.c regress/peer/expect.c \
	regress/peer/expect.h regress/peer/ident.c regress/peer/loop.c \
	regress/peer/main.c regress/peer/match.c regress/peer/peer.h \
	regress/peer/script.c regress/peer/serve.c regress/peer/stream.c \
	regress/peer/tls.c regress/peer/util.c regress/peer/vars.c \
	regress/peer/vars.h
regress_peer_wzp_peer_LDADD = $(QUIC_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

EXTRA_DIST += regress/.shellcheckrc regress/lib.sh regress/run \
	regress/wirecase regress/relay regress/sandbox regress/wire
LINT_SH += regress/run regress/wirecase

regress: all $(check_PROGRAMS)
	@SRCDIR='$(abs_srcdir)' REGRESS_ONLY='$(REGRESS_ONLY)' \
	    REGRESS_JOBS='$(REGRESS_JOBS)' sh $(srcdir)/regress/run
regress-long: all $(check_PROGRAMS)
	@SRCDIR='$(abs_srcdir)' REGRESS_ONLY='$(REGRESS_ONLY)' \
	    REGRESS_JOBS='$(REGRESS_JOBS)' sh $(srcdir)/regress/run -x
regress-list: all $(check_PROGRAMS)
	@SRCDIR='$(abs_srcdir)' sh $(srcdir)/regress/run -l
demo: all regress/audio/cmp regress/audio/source regress/peer/wzp-peer
	@SRCDIR='$(abs_srcdir)' sh $(srcdir)/regress/demo/demo
clean-local:
	rm -rf regress/log

.PHONY: demo regress regress-list regress-long
