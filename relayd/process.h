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
 * The workers as relayd sees them.  An entry stays while its worker is
 * wanted; what is started, dies and is started again is its process, and
 * each start is a new generation.
 */
#ifndef WZP_RELAYD_PROCESS_H
#define WZP_RELAYD_PROCESS_H

#include <sys/types.h>
#include <sys/queue.h>

#include <ev.h>

#include "common/base/rate.h"
#include "common/ipc/channel.h"
#include "common/ipc/slots.h"
#include "common/sandbox/sandbox.h"
#include "relayd/conf.h"
#include "relayd/dispute.h"
#include "relayd/listen.h"
#include "relayd/tokens.h"

#define DEATHS_KEPT	64

struct drill;
struct supervisor;

enum process_state {
	PROCESS_DOWN,		/* waits for its next start */
	PROCESS_SETUP,		/* started and told everything but START */
	PROCESS_STARTING,	/* got START */
	PROCESS_SERVING,	/* said READY */
	PROCESS_ENDING		/* killed or told to end */
};

/* What comes after its end. */
enum process_after {
	AFTER_LATER,		/* started again after a pause */
	AFTER_AGAIN,		/* at once: we wanted it to end */
	AFTER_REMOVE		/* nothing: it is wanted no more */
};

struct process {
	TAILQ_ENTRY(process)	 pr_entry;
	struct supervisor	*pr_super;
	enum proc		 pr_role;
	unsigned int		 pr_instance;
	uint64_t		 pr_generation;
	enum process_state	 pr_state;
	enum process_after	 pr_after;
	bool			 pr_retiring;	/* mediad: gets nothing new */
	bool			 pr_drained;	/* ... and has nobody left */
	bool			 pr_bereft;	/* died while it retired */
	pid_t			 pr_pid;	/* 0: reaped */
	int			 pr_status;	/* of wait(2) */
	struct channel		*pr_channel;	/* NULL: closed */
	ev_child		 pr_child;
	ev_timer		 pr_timer;	/* what the state waits for */
	uint64_t		 pr_started;	/* monotonic ns */
	uint64_t		 pr_served;	/* since then; 0: not yet */
	uint64_t		 pr_backoff_ms;	/* before the next start */
	uint64_t		 pr_deaths[DEATHS_KEPT];	/* a ring */
	uint64_t		 pr_ndeaths;
	uint64_t		 pr_restarts;
	char			 pr_sandbox[256];
	/* Log lines accepted in the current second. */
	uint64_t		 pr_log_second;
	unsigned int		 pr_log_count;
	uint64_t		 pr_log_lost;
};
TAILQ_HEAD(processes, process);

struct supervisor {
	struct ev_loop		*sv_loop;
	struct config		*sv_config;
	const char		*sv_file;	/* it was read from there */
	int			 sv_verbose;	/* -v */
	const char		*sv_libexec;
	struct msg_settings	 sv_settings;
	struct sandbox_identity	 sv_ids[PROC_MAX];
	/* Descriptors kept for workers that are started again. */
	struct port		 sv_ports[CONFIG_LISTENERS_MAX];
	size_t			 sv_nports;
	int			 sv_control;
	int			 sv_control_ro;		/* -1: none */
	struct slots		 sv_slots;
	unsigned int		 sv_nslots;
	struct rate		 sv_dials;	/* peers.c */
	uint8_t			 sv_certificate[TLS_HASH_LEN];	/* its hash */
	struct token_keys	 sv_tokens[TOKEN_ROLES];
	struct token_keys	 sv_tickets[TICKET_ROLES];
	ev_timer		 sv_token_timer;
	struct processes	 sv_processes;	/* in order of rank */
	/* Starts of each worker, also of one that is not wanted now. */
	uint64_t		 sv_generations[PROC_MAX][SLOTS_MAX];
	struct disputes		 sv_disputes;
	ev_timer		 sv_dispute_timer;
	bool			 sv_keep_stderr;	/* -d */
	bool			 sv_ready;	/* all have served once */
	bool			 sv_reload;	/* wanted before that */
	uint64_t		 sv_reloaded;	/* when; monotonic ns */
	void			(*sv_on_ready)(struct supervisor *);
	struct drill		*sv_drill;	/* -T; NULL: none */
	unsigned int		 sv_stopping;	/* wave of the shutdown */
	bool			 sv_over;	/* all waves are */
	ev_timer		 sv_stop_timer;
	uint64_t		 sv_stop_began;
	int			 sv_exit;
	uint64_t		 sv_started;
	uint64_t		 sv_blames;
};

/* "mediad 0" or "keyd": roles with several instances are numbered. */
const char	*process_name(const struct process *);
/* NULL: there is none. */
struct process	*process_find(struct supervisor *, enum proc, unsigned int);

#endif /* WZP_RELAYD_PROCESS_H */
