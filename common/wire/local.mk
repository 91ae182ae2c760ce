# common/wire: what is built here.
noinst_LIBRARIES += common/libwire.a
common_libwire_a_SOURCES = common/wire/candidates.c common/wire/candidates.h \
	common/wire/certificate.c common/wire/identity.c \
	common/wire/identity.h common/wire/media.c common/wire/media.h \
	common/wire/quality.c common/wire/quality.h common/wire/signal.h \
	common/wire/signal_fields.c common/wire/signal_fields.h \
	common/wire/signal_parse.c common/wire/signal_print.c

VECTORS_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) \
	-DVECTORS_JSON='"$(abs_top_srcdir)/regress/vectors/vectors.json"'
WIRE_TEST_LIBS = common/libwire.a common/libbase.a $(CRYPTO_LIBS) \
	$(YYJSON_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/vectors/vectors
regress_vectors_vectors_SOURCES = regress/vectors/v_identity.c \
	regress/vectors/v_media.c regress/vectors/v_misc.c \
	regress/vectors/v_signal.c regress/vectors/vectors.c \
	regress/vectors/vectors.h
regress_vectors_vectors_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_vectors_vectors_LDADD = $(WIRE_TEST_LIBS)
EXTRA_DIST += regress/vectors/vectors.json

check_PROGRAMS += regress/unit/signal_test
regress_unit_signal_test_SOURCES = regress/unit/signal_test.c
regress_unit_signal_test_CPPFLAGS = $(VECTORS_CPPFLAGS)
regress_unit_signal_test_LDADD = $(WIRE_TEST_LIBS) $(CMOCKA_LIBS)
