/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/* The sockets of the relay (see sockets.h). */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "relayd/listen.h"
#include "relayd/slots.h"
#include "relayd/sockets.h"

static int	control_directory(const char *);

int
sockets_open(struct supervisor *sv)
{
	const struct config	*cf = sv->sv_config;
	const struct listener	*ln;
	int			 status = 0;

	if (slots_reserve(sv, cf) == -1)
		return (-1);
	TAILQ_FOREACH(ln, &cf->cf_listeners, ln_entry) {
		if (listen_open(&sv->sv_ports[sv->sv_nports], &ln->ln_addr,
		    cf->cf_steering, sv->sv_nslots) == -1)
			status = -1;
		else
			sv->sv_nports++;
	}
	return (status);
}

int
sockets_control(struct supervisor *sv)
{
	const struct config	*cf = sv->sv_config;

	sv->sv_control = sv->sv_control_ro = -1;
	if (control_directory(cf->cf_control) == -1 ||
	    (sv->sv_control = listen_control(cf->cf_control, false)) == -1)
		return (-1);
	if (cf->cf_control_ro != NULL &&
	    (control_directory(cf->cf_control_ro) == -1 ||
	    (sv->sv_control_ro = listen_control(cf->cf_control_ro,
	    true)) == -1))
		return (-1);
	return (0);
}

void
sockets_unlink(const struct supervisor *sv)
{
	(void)unlink(sv->sv_config->cf_control);
	if (sv->sv_config->cf_control_ro != NULL)
		(void)unlink(sv->sv_config->cf_control_ro);
}

/* The directory of a control socket; those of a run disappear at boot. */
static int
control_directory(const char *path)
{
	char		 copy[256];
	const char	*dir;

	(void)strlcpy(copy, path, sizeof(copy));
	dir = dirname(copy);
	if (mkdir(dir, 0755) == -1 && errno != EEXIST) {
		log_warn("directory %s of the control socket", dir);
		return (-1);
	}
	return (0);
}
