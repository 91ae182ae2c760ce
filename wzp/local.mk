# wzp: the client command.

bin_PROGRAMS += wzp/wzp
wzp_wzp_SOURCES = wzp/output.c wzp/output.h wzp/wzp.c
wzp_wzp_LDADD = client/libwzp.a common/libquic.a common/libwire.a \
	common/libsandbox.a common/libbase.a $(PORTMAP_LIBS) $(QUIC_LIBS) \
	$(YYJSON_LIBS) $(SECCOMP_LIBS) $(EV_LIBS) $(OPUS_LIBS) $(SNDFILE_LIBS) \
	$(SAMPLERATE_LIBS) $(SNDIO_LIBS) -lm $(BSD_LIBS)

check_PROGRAMS += regress/unit/wzp_output_test
regress_unit_wzp_output_test_SOURCES = regress/unit/wzp_output_test.c \
	wzp/output.c wzp/output.h
regress_unit_wzp_output_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_wzp_output_test_LDADD = common/libwire.a common/libbase.a \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
