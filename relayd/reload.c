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

/*
 * Reload: first everything is found out that could make it fail (the file,
 * what cannot change while the relay runs, users, sockets of new workers);
 * until then nothing has happened.
 */

#include "config.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "relayd/peers.h"
#include "relayd/reload.h"
#include "relayd/roster.h"
#include "relayd/slots.h"
#include "relayd/stanza.h"
#include "relayd/supervise.h"
#include "relayd/users.h"

/*
 * Each reload is a message to every worker.  controld, which asks for it, is
 * not trusted to leave them the time to read it.
 */
#define RELOAD_PAUSE_NS	(200 * NS_PER_MS)

struct change {
	char	ch_keys[256];	/* "identity, database" */
	bool	ch_auth;
};

static bool	differs(const char *, const char *);
static bool	listeners_differ(const struct config *, const struct config *);
static void	fixed(struct change *, const char *, bool);
static void	compare(const struct config *, const struct config *,
		    struct change *);
static const char
		*refuse(struct config *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
static void	apply(struct supervisor *, bool);

int
reload_settings(const struct supervisor *sv, const struct config *cf,
    struct msg_settings *st)
{
	char	path[1024];

	*st = cf->cf_settings;
	if ((uint64_t)sv->sv_verbose > st->verbose)
		st->verbose = sv->sv_verbose > 9 ? 9 :
		    (uint64_t)sv->sv_verbose;
	st->boot_id = sv->sv_settings.boot_id;
	memcpy(st->room_key, sv->sv_settings.room_key, sizeof(st->room_key));
	(void)strlcpy(path, cf->cf_database, sizeof(path));
	if (strlcpy(st->database, basename(path), sizeof(st->database)) >=
	    sizeof(st->database)) {
		config_error("database %s: file name too long",
		    cf->cf_database);
		return (-1);
	}
	return (0);
}

static bool
differs(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != b);
	return (strcmp(a, b) != 0);
}

/* Their order is that of the sockets, and counts too. */
static bool
listeners_differ(const struct config *a, const struct config *b)
{
	const struct listener	*la, *lb;

	la = TAILQ_FIRST(&a->cf_listeners);
	lb = TAILQ_FIRST(&b->cf_listeners);
	while (la != NULL && lb != NULL) {
		if (!addr_equal(&la->ln_addr, &lb->ln_addr))
			return (true);
		la = TAILQ_NEXT(la, ln_entry);
		lb = TAILQ_NEXT(lb, ln_entry);
	}
	return (la != lb);
}

static void
fixed(struct change *ch, const char *key, bool changed)
{
	if (!changed)
		return;
	if (ch->ch_keys[0] != '\0')
		(void)strlcat(ch->ch_keys, ", ", sizeof(ch->ch_keys));
	(void)strlcat(ch->ch_keys, key, sizeof(ch->ch_keys));
}

static void
compare(const struct config *old, const struct config *new, struct change *ch)
{
	char	key[32];
	size_t	i;

	memset(ch, 0, sizeof(*ch));
	fixed(ch, "listen", listeners_differ(old, new));
	fixed(ch, "steering", old->cf_steering != new->cf_steering);
	fixed(ch, "identity", differs(old->cf_identity, new->cf_identity));
	fixed(ch, "database", differs(old->cf_database, new->cf_database));
	fixed(ch, "control socket", differs(old->cf_control,
	    new->cf_control) || differs(old->cf_control_ro,
	    new->cf_control_ro));
	fixed(ch, "chroot", differs(old->cf_chroot, new->cf_chroot));
	for (i = 0; i < PROC_MAX; i++) {
		/* Of a worker that does not run, it may change. */
		if (config_wants(old, (enum proc)i) == 0)
			continue;
		(void)snprintf(key, sizeof(key), "user %s",
		    proc_name((enum proc)i));
		fixed(ch, key, differs(old->cf_users[i], new->cf_users[i]));
	}
	ch->ch_auth = differs(old->cf_auth_url, new->cf_auth_url) ||
	    differs(old->cf_auth_ca, new->cf_auth_ca);
}

static const char *
refuse(struct config *cf, const char *fmt, ...)
{
	static char	why[256];
	va_list		ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	config_free(cf);
	log_warnx("reload: %s; nothing was changed", why);
	return (why);
}

const char *
reload_now(struct supervisor *sv)
{
	struct sandbox_identity	 ids[PROC_MAX];
	struct msg_settings	 settings;
	struct config		*new;
	struct change		 change;
	const char		*own;

	if (sv->sv_stopping != 0)
		return ("the relay is ending");
	sv->sv_reload = false;
	sv->sv_reloaded = clock_mono_ns();
	if ((new = config_load(sv->sv_file)) == NULL)
		return (refuse(NULL, "%s", config_error_text()));
	compare(sv->sv_config, new, &change);
	if (change.ch_keys[0] != '\0')
		return (refuse(new, "a restart is needed to change %s",
		    change.ch_keys));
	if (reload_settings(sv, new, &settings) == -1)
		return (refuse(new, "%s", config_error_text()));
	if ((own = stanza_own(new, sv->sv_certificate)) != NULL)
		return (refuse(new, "peer %s has the fingerprint of this "
		    "relay", own));
	if (users_resolve(new, ids) == -1)
		return (refuse(new, "a user is missing (see the log)"));
	if (slots_reserve(sv, new) == -1)
		return (refuse(new, "no socket for a new worker (see the "
		    "log)"));

	stanza_number(sv->sv_config, new);
	config_free(sv->sv_config);
	sv->sv_config = new;
	sv->sv_settings = settings;
	memcpy(sv->sv_ids, ids, sizeof(sv->sv_ids));
	log_set_verbose((int)settings.verbose);
	apply(sv, change.ch_auth);
	log_info("reload: done");
	return (NULL);
}

/*
 * Settings first: who is told of tokens must know it before the one who
 * checks them is there, so that nobody comes in without.
 */
static void
apply(struct supervisor *sv, bool auth)
{
	struct process	*p, *next;

	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
		if (p->pr_channel != NULL && p->pr_state != PROCESS_ENDING)
			(void)channel_send(p->pr_channel, MSG_SETTINGS,
			    &sv->sv_settings);
	p = process_find(sv, PROC_FEDERD, 0);
	if (p != NULL && p->pr_channel != NULL &&
	    p->pr_state != PROCESS_ENDING)
		(void)peers_send(p);
	p = process_find(sv, PROC_LOOKUPD, 0);
	if (p != NULL && auth && p->pr_after == AFTER_LATER &&
	    config_wants(sv->sv_config, PROC_LOOKUPD) > 0)
		process_end(p, AFTER_AGAIN);
	roster_apply(sv);
	for (p = TAILQ_FIRST(&sv->sv_processes); p != NULL; p = next) {
		next = TAILQ_NEXT(p, pr_entry);
		/* New: nobody has started it yet. */
		if (p->pr_state == PROCESS_DOWN && p->pr_started == 0)
			process_begin(p);
	}
	supervise_advance(sv);
}

void
reload_soon(struct supervisor *sv)
{
	if (sv->sv_ready)
		(void)reload_now(sv);
	else
		sv->sv_reload = true;
}

const char *
reload_asked(struct supervisor *sv)
{
	if (!sv->sv_ready)
		return ("not all workers serve yet");
	if (sv->sv_reloaded != 0 &&
	    clock_mono_ns() - sv->sv_reloaded < RELOAD_PAUSE_NS)
		return ("reloaded a moment ago; try again");
	return (reload_now(sv));
}
