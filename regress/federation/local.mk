# regress/federation: several relays in one case.

EXTRA_DIST += regress/federation
LINT_SH += regress/federation/fed.inc

# Networks of many relays in virtual time.
check_PROGRAMS += regress/federation/sim
regress_federation_sim_SOURCES = regress/federation/sim.c \
	regress/federation/sim.h regress/federation/sim_alone.c \
	regress/federation/sim_net.c
regress_federation_sim_LDADD = federd/libfederd.a common/libipc.a \
	common/libwire.a common/libbase.a $(YYJSON_LIBS) $(CRYPTO_LIBS) -lm $(BSD_LIBS)
