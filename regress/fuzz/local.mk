# regress/fuzz: one program a surface that hostile bytes reach.  Built by make
# check they replay what is in corpus/; configured with --enable-fuzzing they
# are libFuzzer's (make fuzz).

if WITH_FUZZING
FUZZ_SOURCES = regress/fuzz/fuzz.c regress/fuzz/fuzz.h
else
FUZZ_SOURCES = regress/fuzz/fuzz.c regress/fuzz/fuzz.h regress/fuzz/replay.c
endif

fuzz_targets =
check_PROGRAMS += $(fuzz_targets)

fuzz_targets += regress/fuzz/signal_fuzz
regress_fuzz_signal_fuzz_SOURCES = regress/fuzz/signal_fuzz.c $(FUZZ_SOURCES)
regress_fuzz_signal_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_signal_fuzz_LDADD = common/libwire.a common/libbase.a \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/media_fuzz
regress_fuzz_media_fuzz_SOURCES = regress/fuzz/media_fuzz.c $(FUZZ_SOURCES)
regress_fuzz_media_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_media_fuzz_LDADD = common/libwire.a common/libbase.a \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/ipc_fuzz
regress_fuzz_ipc_fuzz_SOURCES = regress/fuzz/ipc_fuzz.c $(FUZZ_SOURCES)
regress_fuzz_ipc_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_ipc_fuzz_LDADD = common/libipc.a common/libbase.a \
	$(MSGPACK_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/control_fuzz
regress_fuzz_control_fuzz_SOURCES = regress/fuzz/control_fuzz.c \
	controld/json.c controld/json.h controld/query.c controld/query.h \
	$(FUZZ_SOURCES)
regress_fuzz_control_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_control_fuzz_LDADD = common/libipc.a common/libbase.a \
	$(MSGPACK_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/conf_fuzz
regress_fuzz_conf_fuzz_SOURCES = regress/fuzz/conf_fuzz.c $(FUZZ_SOURCES)
regress_fuzz_conf_fuzz_LDFLAGS = $(FUZZ_LDFLAGS) -Wl,--wrap=open
regress_fuzz_conf_fuzz_LDADD = relayd/libconf.a common/libquic.a \
	common/libipc.a common/libbase.a $(MSGPACK_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/lookup_fuzz
regress_fuzz_lookup_fuzz_SOURCES = regress/fuzz/lookup_fuzz.c $(FUZZ_SOURCES)
regress_fuzz_lookup_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_lookup_fuzz_LDADD = lookupd/liblookup.a common/libbase.a \
	$(YYJSON_LIBS) $(EV_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/sframe_fuzz
regress_fuzz_sframe_fuzz_SOURCES = regress/fuzz/sframe_fuzz.c \
	$(client_crypto) $(FUZZ_SOURCES)
regress_fuzz_sframe_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_sframe_fuzz_LDADD = common/libwire.a \
	common/libbase.a $(CRYPTO_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/portmap_fuzz
regress_fuzz_portmap_fuzz_SOURCES = regress/fuzz/portmap_fuzz.c \
	client/portmap/pcp.c client/portmap/pcp.h \
	client/portmap/portmap_wire.c client/portmap/portmap_wire.h \
	$(FUZZ_SOURCES)
regress_fuzz_portmap_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_portmap_fuzz_LDADD = common/libbase.a $(BSD_LIBS)

fuzz_targets += regress/fuzz/address_fuzz
regress_fuzz_address_fuzz_SOURCES = regress/fuzz/address_fuzz.c \
	client/direct/own.c client/direct/own.h client/direct/reach.c \
	client/direct/reach.h $(FUZZ_SOURCES)
regress_fuzz_address_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_address_fuzz_LDADD = common/libwire.a common/libbase.a \
	$(BSD_LIBS)

fuzz_targets += regress/fuzz/door_fuzz
regress_fuzz_door_fuzz_SOURCES = regress/fuzz/door_fuzz.c \
	regress/fuzz/protect.c regress/fuzz/protect.h \
	doord/door.c doord/door.h doord/reassembly.c doord/reassembly.h \
	doord/sources.c doord/sources.h \
	doord/validate.c doord/validate.h $(FUZZ_SOURCES)
regress_fuzz_door_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_door_fuzz_LDADD = common/libquic.a common/libipc.a \
	common/libbase.a $(QUIC_LIBS) $(MSGPACK_LIBS) $(BSD_LIBS)

fuzz_targets += regress/fuzz/federation_fuzz
regress_fuzz_federation_fuzz_SOURCES = regress/fuzz/federation_fuzz.c \
	$(FUZZ_SOURCES)
regress_fuzz_federation_fuzz_LDFLAGS = $(FUZZ_LDFLAGS) \
	-Wl,--wrap=duplicates_new
regress_fuzz_federation_fuzz_LDADD = federd/libfederd.a common/libipc.a \
	common/libwire.a common/libbase.a $(CRYPTO_LIBS) $(YYJSON_LIBS) \
	$(MSGPACK_LIBS) $(BSD_LIBS)

# Stands on connections of its own: libquic is left out.
fuzz_targets += regress/fuzz/direct_fuzz
regress_fuzz_direct_fuzz_SOURCES = regress/fuzz/direct_fuzz.c \
	client/direct/checks.c client/direct/checks.h \
	client/direct/peering.c client/direct/peering.h client/link.c \
	client/link.h $(client_crypto) $(FUZZ_SOURCES)
regress_fuzz_direct_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
regress_fuzz_direct_fuzz_LDADD = common/libwire.a \
	common/libbase.a $(CRYPTO_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)

fuzz-targets: $(fuzz_targets)

# Each target FUZZ_SECONDS long, FUZZ_JOBS at a time.
fuzz: $(fuzz_targets)
	@FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_JOBS='$(FUZZ_JOBS)' \
	    sh $(srcdir)/regress/fuzz/fuzz '$(srcdir)' $(fuzz_targets)

mostlyclean-local:
	rm -rf fuzz

EXTRA_DIST += regress/fuzz/control.sh regress/fuzz/corpus \
	regress/fuzz/dict regress/fuzz/fuzz
LINT_SH += regress/fuzz/fuzz

.PHONY: fuzz fuzz-targets
