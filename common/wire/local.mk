# common/wire: what is built here.
noinst_LIBRARIES += common/libwire.a
common_libwire_a_SOURCES = common/wire/candidates.c common/wire/candidates.h \
	common/wire/certificate.c common/wire/check.c common/wire/check.h \
	common/wire/identity.c \
	common/wire/identity.h common/wire/media.c common/wire/media.h \
	common/wire/quality.c common/wire/quality.h common/wire/signal.h \
	common/wire/signal_fields.c common/wire/signal_fields.h \
	common/wire/signal_parse.c common/wire/signal_print.c

VECTORS_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) \
	-DVECTORS_JSON='"$(abs_top_srcdir)/regress/vectors/vectors.json"'
WIRE_TEST_LIBS = common/libwire.a common/libbase.a $(CRYPTO_LIBS) \
	$(YYJSON_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/vectors/vectors_test
regress_vectors_vectors_test_SOURCES = regress/vectors/v_identity.c \
	regress/vectors/v_media.c regress/vectors/v_misc.c \
	regress/vectors/v_signal.c regress/vectors/vectors_test.c \
	regress/vectors/vectors.h
regress_vectors_vectors_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_vectors_vectors_test_LDADD = $(WIRE_TEST_LIBS)
EXTRA_DIST += regress/vectors/vectors.json

check_PROGRAMS += regress/unit/candidates_test \
	regress/unit/identity_test \
	regress/unit/wire_media_test \
	regress/unit/quality_test \
	regress/unit/signal_test \
	regress/unit/wire_fuzz_test
regress_unit_candidates_test_SOURCES = regress/unit/candidates_test.c
regress_unit_candidates_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_unit_candidates_test_LDADD = $(WIRE_TEST_LIBS) $(CMOCKA_LIBS)
regress_unit_identity_test_SOURCES = regress/unit/identity_test.c
regress_unit_identity_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_unit_identity_test_LDADD = $(WIRE_TEST_LIBS) $(CMOCKA_LIBS)
regress_unit_wire_media_test_SOURCES = regress/unit/wire_media_test.c
regress_unit_wire_media_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_unit_wire_media_test_LDADD = $(WIRE_TEST_LIBS) $(CMOCKA_LIBS)
regress_unit_quality_test_SOURCES = regress/unit/quality_test.c
regress_unit_quality_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_unit_quality_test_LDADD = $(WIRE_TEST_LIBS) $(CMOCKA_LIBS)
regress_unit_signal_test_SOURCES = regress/unit/signal_test.c
regress_unit_signal_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_unit_signal_test_LDADD = $(WIRE_TEST_LIBS) $(CMOCKA_LIBS)
regress_unit_wire_fuzz_test_SOURCES = regress/unit/wire_fuzz_test.c
regress_unit_wire_fuzz_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_unit_wire_fuzz_test_LDADD = $(WIRE_TEST_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += regress/unit/check_test
regress_unit_check_test_SOURCES = regress/unit/check_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_check_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_check_test_LDADD = common/libwire.a common/libquic.a \
	common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
