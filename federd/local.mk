# federd: links to other relays.
noinst_LIBRARIES += federd/libfederd.a
federd_libfederd_a_SOURCES = \
	federd/callrooms.c federd/crowd.c federd/crowd.h \
	federd/digest.c federd/digest.h \
	federd/duplicates.c federd/duplicates.h \
	federd/envelope.c federd/envelope.h federd/find.c federd/find.h \
	federd/globals.c federd/gossip.c federd/gossip.h \
	federd/link.c federd/link.h federd/link_int.h federd/linkpeer.c \
	federd/media.c federd/media.h federd/mediaconns.c \
	federd/mediastate.h federd/neighbour.h federd/originals.c \
	federd/origins.c \
	federd/peers.c federd/peers.h \
	federd/probe.c federd/probe.h federd/quota.c federd/quota.h \
	federd/rooms.c federd/rooms.h federd/roomstate.h \
	federd/trust.c federd/trust.h

pkglibexec_PROGRAMS += federd/federd
federd_federd_SOURCES = federd/federd.c federd/federd.h \
	federd/neighbours.c federd/status.c
federd_federd_LDADD = federd/libfederd.a common/libworker.a \
	common/libquicservice.a common/libquic.a common/libwire.a \
	common/libipc.a common/libsandbox.a common/libbase.a \
	$(QUIC_LIBS) $(YYJSON_LIBS) $(MSGPACK_LIBS) $(SECCOMP_LIBS) \
	$(EV_LIBS) $(BSD_LIBS)

LINKS_TEST_LIBS = federd/libfederd.a common/libquic.a common/libipc.a \
	common/libwire.a common/libbase.a $(QUIC_LIBS) $(CMOCKA_LIBS) $(YYJSON_LIBS) \
	$(BSD_LIBS)

check_PROGRAMS += regress/unit/federd_peers_test \
	regress/unit/federd_trust_test regress/unit/federd_link_test \
	regress/unit/federd_probe_test
regress_unit_federd_peers_test_SOURCES = regress/unit/federd_peers_test.c
regress_unit_federd_peers_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federd_peers_test_LDADD = $(LINKS_TEST_LIBS)
regress_unit_federd_trust_test_SOURCES = regress/unit/federd_trust_test.c
regress_unit_federd_trust_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federd_trust_test_LDADD = $(LINKS_TEST_LIBS)
regress_unit_federd_link_test_SOURCES = regress/unit/federd_link_test.c \
	regress/unit/link_world.c regress/unit/link_world.h \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_federd_link_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federd_link_test_LDADD = $(LINKS_TEST_LIBS)
regress_unit_federd_probe_test_SOURCES = regress/unit/federd_probe_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_federd_probe_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federd_probe_test_LDADD = $(LINKS_TEST_LIBS)

ROUTES_TEST_LIBS = federd/libfederd.a common/libipc.a common/libwire.a \
	common/libbase.a $(CMOCKA_LIBS) $(YYJSON_LIBS) $(CRYPTO_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/federd_digest_test \
	regress/unit/federd_envelope_test regress/unit/federd_find_test
regress_unit_federd_digest_test_SOURCES = \
	regress/unit/federd_digest_test.c regress/unit/fed_world.c \
	regress/unit/fed_world.h
regress_unit_federd_digest_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federd_digest_test_LDADD = $(ROUTES_TEST_LIBS)
regress_unit_federd_envelope_test_SOURCES = \
	regress/unit/federd_envelope_test.c regress/unit/fed_world.c \
	regress/unit/fed_world.h
regress_unit_federd_envelope_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federd_envelope_test_LDADD = $(ROUTES_TEST_LIBS)
regress_unit_federd_find_test_SOURCES = \
	regress/unit/federd_find_test.c regress/unit/fed_world.c \
	regress/unit/fed_world.h
regress_unit_federd_find_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federd_find_test_LDADD = $(ROUTES_TEST_LIBS)

ROOMS_TEST_LIBS = federd/libfederd.a common/libipc.a common/libwire.a \
	common/libbase.a $(YYJSON_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/fedrooms_test regress/unit/fedstorm_test \
	regress/unit/fedmedia_test
regress_unit_fedrooms_test_SOURCES = regress/unit/fedrooms_test.c \
	regress/unit/rooms_world.c regress/unit/rooms_world.h
regress_unit_fedrooms_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_fedrooms_test_LDADD = $(ROOMS_TEST_LIBS)
regress_unit_fedstorm_test_SOURCES = regress/unit/fedstorm_test.c
regress_unit_fedstorm_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_fedstorm_test_LDADD = $(ROOMS_TEST_LIBS)
regress_unit_fedmedia_test_SOURCES = regress/unit/fedmedia_test.c
regress_unit_fedmedia_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_fedmedia_test_LDADD = $(ROOMS_TEST_LIBS)
regress_unit_fedmedia_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc
