# client: the client library.

noinst_LIBRARIES += client/libwzp.a

client_libwzp_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPUS_CFLAGS) $(SNDFILE_CFLAGS) \
	$(SAMPLERATE_CFLAGS) $(SNDIO_CFLAGS)
client_libwzp_a_SOURCES = \
	client/event.h \
	client/audio_dev.c client/audio_dev.h \
	client/audio_in.c client/audio_in.h \
	client/audio_out.c client/audio_out.h \
	client/call.c client/call.h \
	client/client.c client/client.h \
	client/identity_store.c client/identity_store.h \
	client/jitter.c client/jitter.h \
	client/link.c client/link.h \
	client/media.c client/media.h \
	client/mediaconn.c client/mediaconn.h \
	client/net.c client/net.h \
	client/opus_rx.c client/opus_rx.h \
	client/opus_tx.c client/opus_tx.h \
	client/pins.c client/pins.h \
	client/playout.c client/playout.h \
	client/probe.c client/probe.h \
	client/sigconn.c client/sigconn.h \
	client/talk.c client/talk.h

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

check_PROGRAMS += regress/unit/client_files_test
regress_unit_client_files_test_SOURCES = regress/unit/client_files_test.c
regress_unit_client_files_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_client_files_test_LDADD = $(CLIENT_TEST_LIBS)
