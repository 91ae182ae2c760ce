# client: the client library.

noinst_LIBRARIES += client/libwzp.a

client_libwzp_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPUS_CFLAGS) $(SNDFILE_CFLAGS) \
	$(SAMPLERATE_CFLAGS) $(SNDIO_CFLAGS)
client_libwzp_a_SOURCES = \
	client/call.c client/call.h client/client.c client/client.h \
	client/event.h client/identity_store.c client/identity_store.h \
	client/inquiry.c client/inquiry.h client/link.c client/link.h \
	client/mediaconn.c client/mediaconn.h client/natprobe.c \
	client/natprobe.h client/pins.c client/pins.h client/probe.c \
	client/probe.h client/relaykey.c client/relaykey.h client/sigconn.c \
	client/sigconn.h client/talk.c client/talk.h client/voice.c \
	client/voice.h \
	client/audio/audio_dev.c client/audio/audio_dev.h \
	client/audio/audio_in.c client/audio/audio_in.h \
	client/audio/audio_out.c client/audio/audio_out.h \
	client/audio/jitter.c client/audio/jitter.h client/audio/media.c \
	client/audio/media.h client/audio/opus_rx.c client/audio/opus_rx.h \
	client/audio/opus_tx.c client/audio/opus_tx.h client/audio/playout.c \
	client/audio/playout.h \
	client/direct/checks.c client/direct/checks.h client/direct/direct.c \
	client/direct/direct.h client/direct/own.c client/direct/own.h \
	client/direct/paths.c client/direct/paths.h client/direct/peering.c \
	client/direct/peering.h client/direct/race.c client/direct/race.h \
	client/direct/reach.c client/direct/reach.h client/direct/selfcert.c \
	client/direct/selfcert.h client/direct/where.c client/direct/where.h \
	client/e2e/checked.h client/e2e/e2e.c client/e2e/e2e.h \
	client/e2e/kdf.c client/e2e/kdf.h client/e2e/replay.c \
	client/e2e/replay.h client/e2e/seal.c client/e2e/seal.h \
	client/e2e/sframe.c client/e2e/sframe.h client/e2e/words.c \
	client/e2e/words.h \
	client/net/net.c client/net/net.h client/net/netlink.c \
	client/net/netlink.h client/net/netwatch.c client/net/netwatch.h \
	client/portmap/portmap.c client/portmap/portmap.h \
	client/portmap/portmap_helper.h client/portmap/portmap_wire.c \
	client/portmap/portmap_wire.h

CLIENT_AUDIO_LIBS = client/libwzp.a common/libwire.a common/libbase.a \
	$(OPUS_LIBS) $(SNDFILE_LIBS) $(SAMPLERATE_LIBS) $(SNDIO_LIBS)

check_PROGRAMS += regress/unit/jitter_test
regress_unit_jitter_test_SOURCES = regress/unit/jitter_test.c
regress_unit_jitter_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_jitter_test_LDADD = $(CLIENT_AUDIO_LIBS) $(CMOCKA_LIBS) \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) -lm $(BSD_LIBS)

check_PROGRAMS += regress/unit/audio_test
regress_unit_audio_test_SOURCES = regress/unit/audio_test.c
regress_unit_audio_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) \
	$(SNDFILE_CFLAGS)
regress_unit_audio_test_LDADD = $(CLIENT_AUDIO_LIBS) $(CMOCKA_LIBS) \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) -lm $(BSD_LIBS)

CLIENT_TEST_LIBS = client/libwzp.a common/libquic.a common/libwire.a \
	common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) $(OPUS_LIBS) \
	$(SNDFILE_LIBS) $(SAMPLERATE_LIBS) $(SNDIO_LIBS) $(CMOCKA_LIBS) \
	-lm $(BSD_LIBS)

check_PROGRAMS += regress/unit/natprobe_test
regress_unit_natprobe_test_SOURCES = regress/unit/natprobe_test.c \
	client/natprobe.c client/natprobe.h
regress_unit_natprobe_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_natprobe_test_LDADD = common/libwire.a common/libbase.a \
	$(CMOCKA_LIBS) $(YYJSON_LIBS) $(CRYPTO_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/client_test
regress_unit_client_test_SOURCES = regress/unit/client_test.c \
	regress/unit/client_sim.c regress/unit/client_sim.h
regress_unit_client_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_client_test_LDADD = $(CLIENT_TEST_LIBS)

check_PROGRAMS += regress/unit/client_return_test
regress_unit_client_return_test_SOURCES = regress/unit/client_return_test.c \
	regress/unit/client_sim.c regress/unit/client_sim.h
regress_unit_client_return_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_client_return_test_LDADD = $(CLIENT_TEST_LIBS)

check_PROGRAMS += regress/unit/client_direct_test
regress_unit_client_direct_test_SOURCES = regress/unit/client_direct_test.c \
	regress/unit/client_sim.c regress/unit/client_sim.h
regress_unit_client_direct_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_client_direct_test_LDADD = $(CLIENT_TEST_LIBS)

check_PROGRAMS += regress/unit/client_files_test
regress_unit_client_files_test_SOURCES = regress/unit/client_files_test.c
regress_unit_client_files_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_client_files_test_LDADD = $(CLIENT_TEST_LIBS)

# The helper that asks routers for mappings.
PORTMAP_SOURCES = \
	client/portmap/gateway.c client/portmap/gateway.h \
	client/portmap/pcp.c client/portmap/pcp.h \
	client/portmap/portmap_helper.c client/portmap/portmap_natpmp.c \
	client/portmap/portmap_pcp.c client/portmap/portmap_upnp.c
if WITH_PORTMAP
client_libwzp_a_SOURCES += $(PORTMAP_SOURCES)
client_libwzp_a_CPPFLAGS += $(MINIUPNPC_CFLAGS)
else
EXTRA_DIST += $(PORTMAP_SOURCES)
endif

NETWATCH_TEST_LIBS = client/libwzp.a common/libwire.a common/libbase.a \
	$(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/netwatch_test
regress_unit_netwatch_test_SOURCES = regress/unit/netwatch_test.c
regress_unit_netwatch_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_netwatch_test_LDADD = $(NETWATCH_TEST_LIBS)

check_PROGRAMS += regress/unit/own_test
regress_unit_own_test_SOURCES = regress/unit/own_test.c
regress_unit_own_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_own_test_LDADD = $(NETWATCH_TEST_LIBS)

client_crypto = \
	client/e2e/checked.h client/e2e/e2e.c client/e2e/e2e.h \
	client/e2e/kdf.c client/e2e/kdf.h client/e2e/replay.c \
	client/e2e/replay.h client/e2e/seal.c client/e2e/seal.h \
	client/e2e/sframe.c client/e2e/sframe.h client/e2e/words.c \
	client/e2e/words.h
CRYPTO_TEST_LIBS = common/libwire.a common/libbase.a $(CMOCKA_LIBS) \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/sframe_test
regress_unit_sframe_test_SOURCES = regress/unit/sframe_test.c \
	regress/vectors/sframe.h $(client_crypto)
regress_unit_sframe_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_sframe_test_LDADD = $(CRYPTO_TEST_LIBS)

CHECKS_TEST_LIBS = client/libwzp.a common/libwire.a common/libbase.a \
	$(CMOCKA_LIBS) $(CRYPTO_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/checks_test
regress_unit_checks_test_SOURCES = regress/unit/checks_test.c
regress_unit_checks_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_checks_test_LDADD = $(CHECKS_TEST_LIBS)

check_PROGRAMS += regress/unit/checks_rules_test
regress_unit_checks_rules_test_SOURCES = regress/unit/checks_rules_test.c
regress_unit_checks_rules_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_checks_rules_test_LDADD = $(CHECKS_TEST_LIBS)

check_PROGRAMS += regress/unit/paths_test
regress_unit_paths_test_SOURCES = regress/unit/paths_test.c
regress_unit_paths_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_paths_test_LDADD = $(CHECKS_TEST_LIBS)

check_PROGRAMS += regress/unit/paths_timers_test
regress_unit_paths_timers_test_SOURCES = regress/unit/paths_timers_test.c
regress_unit_paths_timers_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_paths_timers_test_LDADD = $(CHECKS_TEST_LIBS)

check_PROGRAMS += regress/unit/race_test
regress_unit_race_test_SOURCES = regress/unit/race_test.c
regress_unit_race_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_race_test_LDADD = $(CHECKS_TEST_LIBS)

check_PROGRAMS += regress/unit/direct_test
regress_unit_direct_test_SOURCES = regress/unit/direct_test.c \
	regress/unit/direct_sim.c regress/unit/direct_sim.h \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_direct_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_direct_test_LDADD = $(CLIENT_TEST_LIBS)

check_PROGRAMS += regress/unit/direct_race_test
regress_unit_direct_race_test_SOURCES = regress/unit/direct_race_test.c \
	regress/unit/direct_sim.c regress/unit/direct_sim.h \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_direct_race_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_direct_race_test_LDADD = $(CLIENT_TEST_LIBS)

check_PROGRAMS += regress/unit/seal_test
regress_unit_seal_test_SOURCES = regress/unit/seal_test.c $(client_crypto)
regress_unit_seal_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_seal_test_LDADD = $(CRYPTO_TEST_LIBS)

check_PROGRAMS += regress/unit/e2e_test
regress_unit_e2e_test_SOURCES = regress/unit/e2e_test.c $(client_crypto)
regress_unit_e2e_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_e2e_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=RAND_priv_bytes
regress_unit_e2e_test_LDADD = $(CRYPTO_TEST_LIBS)

check_PROGRAMS += regress/unit/lengths_test
regress_unit_lengths_test_SOURCES = regress/unit/lengths_test.c \
	client/audio/opus_tx.c client/audio/opus_tx.h
regress_unit_lengths_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) \
	$(OPUS_CFLAGS)
regress_unit_lengths_test_LDADD = common/libwire.a common/libbase.a \
	$(OPUS_LIBS) $(CMOCKA_LIBS) $(CRYPTO_LIBS) $(YYJSON_LIBS) -lm \
	$(BSD_LIBS)

check_PROGRAMS += regress/unit/portmap_test
regress_unit_portmap_test_SOURCES = regress/unit/portmap_test.c
regress_unit_portmap_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_portmap_test_LDADD = client/libwzp.a common/libsandbox.a \
	common/libbase.a $(PORTMAP_LIBS) $(SECCOMP_LIBS) $(CMOCKA_LIBS) \
	$(BSD_LIBS)

if WITH_PORTMAP
check_PROGRAMS += regress/nat/mapper regress/nat/badrouter
endif
regress_nat_badrouter_SOURCES = regress/nat/badrouter.c
regress_nat_badrouter_LDADD = common/libbase.a $(BSD_LIBS)
regress_nat_mapper_SOURCES = regress/nat/mapper.c
regress_nat_mapper_LDADD = client/libwzp.a common/libquic.a \
	common/libsandbox.a common/libbase.a $(PORTMAP_LIBS) $(SECCOMP_LIBS) \
	$(BSD_LIBS)
