# etc: an example configuration, and what starts the relay at boot.

examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = etc/relayd.conf etc/wzp.sysusers
nodist_examples_DATA = etc/relayd.rc etc/relayd.service
EXTRA_DIST += etc/relayd.rc.in etc/relayd.service.in
CLEANFILES += etc/relayd.rc etc/relayd.service

etc/relayd.rc: etc/relayd.rc.in Makefile
	@$(MKDIR_P) etc
	$(AM_V_GEN)$(SED) 's|[@]sbindir[@]|$(sbindir)|g' \
	    $(srcdir)/etc/relayd.rc.in >$@.tmp && mv $@.tmp $@
etc/relayd.service: etc/relayd.service.in Makefile
	@$(MKDIR_P) etc
	$(AM_V_GEN)$(SED) 's|[@]sbindir[@]|$(sbindir)|g' \
	    $(srcdir)/etc/relayd.service.in >$@.tmp && mv $@.tmp $@

# The workers' empty root, and the places relayd makes its own folders in.
# A configuration that is there is not touched.
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(localstatedir)/empty/wzp \
	    $(DESTDIR)$(localstatedir)/db $(DESTDIR)$(runstatedir) \
	    $(DESTDIR)$(sysconfdir)/wzp
	chmod 755 $(DESTDIR)$(localstatedir)/empty/wzp
	test -f $(DESTDIR)$(sysconfdir)/wzp/relayd.conf || \
	    $(INSTALL_DATA) $(srcdir)/etc/relayd.conf \
	    $(DESTDIR)$(sysconfdir)/wzp/relayd.conf

# A configuration that nobody changed goes with the rest.
uninstall-hook:
	if cmp -s $(srcdir)/etc/relayd.conf \
	    $(DESTDIR)$(sysconfdir)/wzp/relayd.conf; then \
		rm -f $(DESTDIR)$(sysconfdir)/wzp/relayd.conf; \
	fi
