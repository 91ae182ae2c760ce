# regress/nat: the laboratory of NATs.

check_PROGRAMS += regress/nat/wire
regress_nat_wire_SOURCES = regress/nat/flow.c regress/nat/flow.h \
	regress/nat/wire.c
regress_nat_wire_LDADD = common/libwire.a common/libbase.a $(MSGPACK_LIBS) \
	$(CRYPTO_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/nat/natprobe
regress_nat_natprobe_SOURCES = regress/nat/natprobe.c
regress_nat_natprobe_LDADD = $(BSD_LIBS)

EXTRA_DIST += regress/nat
LINT_SH += regress/nat/cell regress/nat/matrix regress/nat/matrix.inc \
	regress/nat/nat.inc

# A client that never leaves its direct path: the control of the mid-call cases.
check_PROGRAMS += regress/nat/wzp-stubborn
regress_nat_wzp_stubborn_SOURCES = $(wzp_wzp_SOURCES) regress/nat/stubborn.c
regress_nat_wzp_stubborn_LDADD = $(wzp_wzp_LDADD)
LINT_SH += regress/nat/midcall.inc regress/nat/portmap.inc \
	regress/nat/setup.inc
