# regress/liar: a relay that lies, on the QUIC of the test peer.

check_PROGRAMS += regress/liar/wzp-liar
regress_liar_wzp_liar_SOURCES = regress/liar/impostor.c \
	regress/liar/liar.h regress/liar/lies.c regress/liar/main.c \
	regress/liar/relay.c regress/liar/sign.c \
	regress/peer/bare.c regress/peer/conn.c \
	regress/peer/expect.c regress/peer/expect.h regress/peer/ident.c \
	regress/peer/loop.c regress/peer/match.c regress/peer/peer.h \
	regress/peer/pulse.c regress/peer/script.c regress/peer/shape.c \
	regress/peer/stream.c regress/peer/tls.c regress/peer/util.c \
	regress/peer/vars.c regress/peer/vars.h
regress_liar_wzp_liar_LDADD = $(QUIC_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

# The client with checks that the environment can take away, one at a time;
# the cases show with it that it is this check that catches a lie.
check_PROGRAMS += regress/liar/wzp-credulous
regress_liar_wzp_credulous_SOURCES = $(wzp_wzp_SOURCES) \
	$(client_libwzp_a_SOURCES)
regress_liar_wzp_credulous_CPPFLAGS = $(client_libwzp_a_CPPFLAGS) \
	-DWZP_CREDULOUS
regress_liar_wzp_credulous_LDADD = $(wzp_wzp_LDADD)

EXTRA_DIST += regress/liar
LINT_SH += regress/liar/liar.inc
