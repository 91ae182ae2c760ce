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
 * relayd.conf(5) in memory.  parse.y fills it, conf.c completes and checks
 * it, printconf.c prints it back.
 */
#ifndef WZP_RELAYD_CONF_H
#define WZP_RELAYD_CONF_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdbool.h>
#include <stdio.h>

#include "common/base/addr.h"
#include "common/ipc/messages.h"

#define CONFIG_PORT		4433
#define CONFIG_LISTENERS_MAX	16
#define CONFIG_MEDIA_MAX	32	/* mediad processes */

struct listener {
	TAILQ_ENTRY(listener)	 ln_entry;
	struct addr		 ln_addr;
};
TAILQ_HEAD(listeners, listener);

struct conf_peer {
	TAILQ_ENTRY(conf_peer)	 cp_entry;
	struct msg_peer		 cp_peer;
	bool			 cp_pinned;	/* its fingerprint was said */
};
TAILQ_HEAD(conf_peers, conf_peer);

struct conf_room {
	TAILQ_ENTRY(conf_room)	 cr_entry;
	struct msg_global_room	 cr_room;
};
TAILQ_HEAD(conf_rooms, conf_room);

struct conf_probe {
	TAILQ_ENTRY(conf_probe)	 cb_entry;
	struct msg_probe_target	 cb_target;
};
TAILQ_HEAD(conf_probes, conf_probe);

enum config_choice {
	CHOICE_UNSET,
	CHOICE_YES,
	CHOICE_NO
};

struct config {
	struct listeners	 cf_listeners;
	size_t			 cf_nlisteners;
	char			*cf_identity;		/* paths */
	char			*cf_database;
	char			*cf_control;
	char			*cf_control_ro;		/* NULL: none */
	char			*cf_chroot;
	char			*cf_users[PROC_MAX];	/* names or numbers */
	enum config_choice	 cf_legacy;
	bool			 cf_steering;	/* port; else none */
	enum config_choice	 cf_said;	/* federation yes|no */
	bool			 cf_federation;	/* also by what follows */
	struct conf_peers	 cf_peers;
	struct conf_rooms	 cf_rooms;	/* global ones */
	struct conf_probes	 cf_probes;
	size_t			 cf_npeers;
	size_t			 cf_nrooms;
	size_t			 cf_nprobes;
	struct conf_peer	*cf_stanza;	/* being read */
	char			 cf_text[128];	/* of an error */
	unsigned int		 cf_media;	/* mediad processes */
	char			*cf_auth_url;	/* NULL: no tokens */
	char			*cf_auth_ca;	/* path, NULL: the system's */
	struct msg_settings	 cf_settings;
};

/* One `-D name=value'; wins over the file.  -1: not of that form. */
int		 config_define(const char *);
/*
 * Reads and checks a file.  NULL: every error was logged as file:line.
 * Free with config_free().
 */
struct config	*config_load(const char *path);
/* The first of the errors of the last file, for one who sees no log. */
const char	*config_error_text(void);
void		 config_free(struct config *);
/* How many workers of a role it wants; 0: not that one. */
unsigned int	 config_wants(const struct config *, enum proc);
/* The whole effective configuration in the grammar of the file. */
void		 config_print(const struct config *, FILE *);

/* Logs an error of the file and keeps the first. */
void		 config_error(const char *, ...)
		    __attribute__((format(printf, 1, 2)));
/*
 * Used by parse.y.  -1: *why is a text for the user.
 */
int		 config_listen(struct config *, const char *host, long port,
		    const char **why);
int		 config_advertise(struct config *, const char *host,
		    long port, const char **why);
int		 config_auth_url(struct config *, const char *,
		    const char **why);
int		 config_path(char **, const char *, size_t max,
		    const char **why);
int		 config_user(struct config *, const char *worker,
		    const char *user, const char **why);
/* The parser itself: number of errors, each logged. */
int		 parse_config(struct config *, FILE *, const char *path);

#endif /* WZP_RELAYD_CONF_H */
