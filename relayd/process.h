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
 * The workers as relayd sees them: one entry each, for the whole run; what
 * is started, dies and is started again is its process.
 */
#ifndef WZP_RELAYD_PROCESS_H
#define WZP_RELAYD_PROCESS_H

#include <sys/types.h>

#include <ev.h>

#include "common/ipc/channel.h"
#include "common/sandbox/sandbox.h"
#include "relayd/conf.h"

#define WORKERS_MAX	16

struct supervisor;

enum process_state {
	PROCESS_DOWN,		/* waits for its next start */
	PROCESS_SETUP,		/* started and told everything but START */
	PROCESS_STARTING,	/* got START */
	PROCESS_SERVING,	/* said READY */
	PROCESS_ENDING		/* killed or told to end */
};

struct process {
	struct supervisor	*pr_super;
	enum proc		 pr_role;
	unsigned int		 pr_instance;
	enum process_state	 pr_state;
	struct sandbox_identity	 pr_identity;
	pid_t			 pr_pid;	/* 0: reaped */
	int			 pr_status;	/* of wait(2) */
	struct channel		*pr_channel;	/* NULL: closed */
	ev_child		 pr_child;
	ev_timer		 pr_timer;	/* restart, or time to serve */
	uint64_t		 pr_started;	/* monotonic ns */
	uint64_t		 pr_backoff_ms;	/* before the next start */
	unsigned int		 pr_deaths;	/* in the current minute */
	uint64_t		 pr_minute;
	uint64_t		 pr_restarts;
	char			 pr_sandbox[256];
	/* Log lines accepted in the current second. */
	uint64_t		 pr_log_second;
	unsigned int		 pr_log_count;
	uint64_t		 pr_log_lost;
};

struct supervisor {
	struct ev_loop		*sv_loop;
	const struct config	*sv_config;
	const char		*sv_libexec;
	struct msg_settings	 sv_settings;
	/* Descriptors kept for workers that are started again. */
	int			 sv_udp[CONFIG_LISTENERS_MAX];
	struct addr		 sv_bound[CONFIG_LISTENERS_MAX];
	size_t			 sv_nudp;
	int			 sv_control;
	int			 sv_control_ro;		/* -1: none */
	struct process		 sv_processes[WORKERS_MAX];
	size_t			 sv_nprocesses;
	bool			 sv_keep_stderr;	/* -d */
	bool			 sv_ready;	/* all have served once */
	void			(*sv_on_ready)(void);
	unsigned int		 sv_stopping;	/* wave of the shutdown */
	ev_timer		 sv_stop_timer;
	uint64_t		 sv_stop_began;
	int			 sv_exit;
	uint64_t		 sv_started;
	uint64_t		 sv_blames;
};

/* "mediad 0" or "keyd": roles with several instances are numbered. */
const char	*process_name(const struct process *);

#endif /* WZP_RELAYD_PROCESS_H */
