# federd: links to other relays.
pkglibexec_PROGRAMS += federd/federd
federd_federd_SOURCES = federd/federd.c
federd_federd_LDADD = common/libworker.a common/libquicservice.a \
	common/libquic.a common/libipc.a common/libsandbox.a \
	common/libbase.a $(QUIC_LIBS) $(MSGPACK_LIBS) $(SECCOMP_LIBS) \
	$(EV_LIBS) $(BSD_LIBS)
