# mediad: rooms and the fan-out of media.

mediad_core = mediad/admission.c mediad/admission.h mediad/announce.c \
	mediad/announce.h mediad/federate.c mediad/federate.h mediad/join.c \
	mediad/media.c mediad/media.h mediad/media_int.h mediad/replay.c \
	mediad/replay.h mediad/room.c mediad/room.h mediad/roster.c \
	mediad/roster.h
mediad_fake = regress/unit/fake_quic.c regress/unit/fake_quic.h
mediad_world = regress/unit/media_world.c regress/unit/media_world.h \
	$(mediad_fake) $(mediad_core)
mediad_test_LIBS = common/libwire.a common/libipc.a common/libbase.a \
	$(YYJSON_LIBS) $(MSGPACK_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/room_test regress/unit/admission_test \
	regress/unit/media_test regress/unit/media_admit_test \
	regress/unit/federate_test
regress_unit_room_test_SOURCES = regress/unit/room_test.c $(mediad_fake) \
	mediad/announce.c mediad/room.c mediad/roster.c
regress_unit_room_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_room_test_LDADD = $(mediad_test_LIBS)
regress_unit_admission_test_SOURCES = regress/unit/admission_test.c \
	mediad/admission.c mediad/replay.c
regress_unit_admission_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_admission_test_LDADD = $(mediad_test_LIBS)
regress_unit_media_test_SOURCES = regress/unit/media_test.c \
	$(mediad_world)
regress_unit_media_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_media_test_LDADD = $(mediad_test_LIBS)
regress_unit_media_admit_test_SOURCES = regress/unit/media_admit_test.c \
	$(mediad_world)
regress_unit_media_admit_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_media_admit_test_LDADD = $(mediad_test_LIBS)

regress_unit_federate_test_SOURCES = regress/unit/federate_test.c \
	$(mediad_fake) mediad/announce.c mediad/federate.c mediad/room.c
regress_unit_federate_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_federate_test_LDADD = $(mediad_test_LIBS)

# The allocator's calls are counted; QUIC is real.
check_PROGRAMS += regress/unit/datapath_test
regress_unit_datapath_test_SOURCES = regress/unit/datapath_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h $(mediad_core)
regress_unit_datapath_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_datapath_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=free
regress_unit_datapath_test_LDADD = common/libquic.a $(mediad_test_LIBS) \
	$(QUIC_LIBS)

pkglibexec_PROGRAMS += mediad/mediad
mediad_mediad_SOURCES = mediad/mediad.c mediad/ctl.c mediad/ctl.h \
	$(mediad_core)
mediad_mediad_LDADD = common/libquicservice.a common/libworker.a \
	common/libquic.a common/libwire.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) \
	$(MSGPACK_LIBS) $(SECCOMP_LIBS) $(EV_LIBS) $(BSD_LIBS)

# One that keeps what it relays, for relay/e2e-dump.sh, and who listens to it.
check_PROGRAMS += regress/relay/mediad-dump regress/relay/dumpcheck
regress_relay_mediad_dump_SOURCES = $(mediad_mediad_SOURCES) \
	regress/relay/dump.c
regress_relay_mediad_dump_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=quic_send_datagram -Wl,--wrap=sandbox_enter
regress_relay_mediad_dump_LDADD = $(mediad_mediad_LDADD)
regress_relay_dumpcheck_SOURCES = regress/relay/dumpcheck.c \
	regress/audio/sound.c regress/audio/sound.h
regress_relay_dumpcheck_CPPFLAGS = $(AUDIO_CPPFLAGS)
regress_relay_dumpcheck_LDADD = $(OPUS_LIBS) $(AUDIO_LIBS)
