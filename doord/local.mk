# doord: which worker a datagram is for.

pkglibexec_PROGRAMS += doord/doord
doord_doord_SOURCES = doord/main.c doord/door.c doord/door.h \
	doord/reassembly.c doord/reassembly.h
doord_doord_LDADD = common/libworker.a common/libquic.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(QUIC_LIBS) $(MSGPACK_LIBS) \
	$(SECCOMP_LIBS) $(EV_LIBS) $(BSD_LIBS)
