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

/* relayd -nv: the configuration in its own grammar. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/ipc/limits.h"
#include "relayd/conf.h"
#include "relayd/stanza.h"

static void	print_address(FILE *, const char *, const struct addr *);
static void	print_time(FILE *, uint64_t);

/* "[v6]:port" and "v4:port" become "address port number". */
static void
print_address(FILE *out, const char *what, const struct addr *addr)
{
	char	text[ADDR_STRLEN], *host = text, *end;

	(void)addr_print(addr, text, sizeof(text));
	if ((end = strrchr(text, ':')) != NULL)
		*end = '\0';
	if (text[0] == '[') {
		host = text + 1;
		if ((end = strchr(host, ']')) != NULL)
			*end = '\0';
	}
	fprintf(out, "%s %s port %u\n", what, host, addr_port(addr));
}

/* In the largest unit that needs no fraction. */
static void
print_time(FILE *out, uint64_t ms)
{
	static const struct {
		uint64_t	 ms;
		const char	*name;
	} units[] = {
		{ UINT64_C(86400000), "days" },
		{ 3600000, "hours" },
		{ 60000, "minutes" },
		{ 1000, "seconds" },
		{ 1, "milliseconds" },
	};
	size_t	i;

	for (i = 0; ms % units[i].ms != 0 ||
	    (ms == 0 && units[i].ms != 1000); i++)
		;
	fprintf(out, "%" PRIu64 " %s\n", ms / units[i].ms, units[i].name);
}

void
config_print(const struct config *cf, FILE *out)
{
	const struct msg_settings	*st = &cf->cf_settings;
	const struct listener		*ln;
	struct addr			 addr;
	size_t				 i;

	TAILQ_FOREACH(ln, &cf->cf_listeners, ln_entry)
		print_address(out, "listen on", &ln->ln_addr);
	if (st->advertise4[0] != '\0' &&
	    addr_parse(&addr, st->advertise4) == 0)
		print_address(out, "advertise", &addr);
	if (st->advertise6[0] != '\0' &&
	    addr_parse(&addr, st->advertise6) == 0)
		print_address(out, "advertise", &addr);
	fprintf(out, "identity \"%s\"\n", cf->cf_identity);
	fprintf(out, "database \"%s\"\n", cf->cf_database);
	fprintf(out, "control socket \"%s\"\n", cf->cf_control);
	if (cf->cf_control_ro != NULL)
		fprintf(out, "control socket read-only \"%s\"\n",
		    cf->cf_control_ro);
	fprintf(out, "chroot \"%s\"\n", cf->cf_chroot);
	for (i = 0; i < PROC_MAX; i++)
		if (cf->cf_users[i] != NULL)
			fprintf(out, "user %s \"%s\"\n",
			    proc_name((enum proc)i), cf->cf_users[i]);
	fprintf(out, "steering %s\n", cf->cf_steering ? "port" : "none");
	fprintf(out, "media workers %u\n", cf->cf_media);
	fprintf(out, "resumption %s\n", st->resumption ? "yes" : "no");
	fprintf(out, "retry %s\n", st->retry_always ? "always" : "auto");
	fprintf(out, "federation %s\n", cf->cf_federation ? "yes" : "no");
	stanza_print(cf, out);
	if (cf->cf_auth_url != NULL)
		fprintf(out, "auth url \"%s\"\n", cf->cf_auth_url);
	if (cf->cf_auth_ca != NULL)
		fprintf(out, "auth ca \"%s\"\n", cf->cf_auth_ca);
	fprintf(out, "legacy clients %s\n",
	    st->legacy_allow ? "allow" : "deny");
	fprintf(out, "registry %s\n",
	    st->registry_best_effort ? "best-effort" : "strict");
	fprintf(out, "registry retention ");
	print_time(out, st->retention_s * 1000);
	fprintf(out, "registry addresses %s\n",
	    st->registry_addresses ? "yes" : "no");
	for (i = 0; i < LIMITS; i++) {
		fprintf(out, "limit %s ", limit_table[i].li_name);
		if (limit_table[i].li_unit == LIMIT_TIME)
			print_time(out, limit_get(st, &limit_table[i]));
		else
			fprintf(out, "%" PRIu64 "\n",
			    limit_get(st, &limit_table[i]));
	}
	if (st->verbose > 0)
		fprintf(out, "log verbose\n");
}
