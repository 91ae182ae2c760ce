# common/compat: what libraries want that the C library of this system has not.

if NEED_ISOC23
noinst_LIBRARIES += common/libcompat.a
endif
EXTRA_LIBRARIES += common/libcompat.a
common_libcompat_a_SOURCES = common/compat/isoc23.c

# The static libraries must want no C23 spelling that is not in the shim.
check-symbols: common/libcompat.a
	sh $(srcdir)/common/compat/check-symbols common/libcompat.a \
	    $(DEPS_QUIC_LIBS:-%=) $(DEPS_EV_LIBS:-%=) \
	    $(DEPS_MSGPACK_LIBS:-%=) $(DEPS_SQLITE_LIBS:-%=) \
	    $(DEPS_SECCOMP_LIBS:-%=)
.PHONY: check-symbols
