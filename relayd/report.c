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

/* Reports (see report.h). */

#include "config.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/row.h"
#include "common/wire/identity.h"
#include "relayd/reload.h"
#include "relayd/report.h"
#include "relayd/slots.h"
#include "relayd/supervise.h"

/*
 * Workers limit themselves to 100 lines a second; twice that is the bound
 * for one that does not keep to it.
 */
#define LOG_RATE	200

static const char
		*state_name(const struct process *);
static void	report_workers(struct supervisor *, struct channel *,
		    uint64_t);
static void	report_stats(struct supervisor *, struct channel *, uint64_t);
static void	send_row(struct channel *, uint64_t, const struct row *);

const char *
process_name(const struct process *p)
{
	static char	name[32];

	if (p->pr_role != PROC_MEDIAD)
		return (proc_name(p->pr_role));
	(void)snprintf(name, sizeof(name), "%s %u", proc_name(p->pr_role),
	    p->pr_instance);
	return (name);
}

void
report_log(struct process *p, const struct msg_log *msg)
{
	char		text[4 * sizeof(msg->text)];
	uint64_t	second;

	second = clock_mono_ns() / NS_PER_S;
	if (second != p->pr_log_second) {
		if (p->pr_log_lost > 0)
			log_warnx("%s: %llu log lines too many, dropped",
			    process_name(p),
			    (unsigned long long)p->pr_log_lost);
		p->pr_log_second = second;
		p->pr_log_count = 0;
		p->pr_log_lost = 0;
	}
	if (p->pr_log_count == LOG_RATE) {
		p->pr_log_lost++;
		return;
	}
	p->pr_log_count++;
	log_escape(text, sizeof(text), msg->text, strlen(msg->text));
	switch (msg->level) {
	case LOG_LEVEL_ERROR:
	case LOG_LEVEL_WARN:
		log_warnx("%s: %s", process_name(p), text);
		break;
	case LOG_LEVEL_INFO:
		log_info("%s: %s", process_name(p), text);
		break;
	default:
		log_debug("%s: %s", process_name(p), text);
		break;
	}
}

const char *
report_death(const struct process *p, char *buf, size_t cap)
{
	int	status = p->pr_status;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		(void)snprintf(buf, cap, "killed by seccomp (a system call "
		    "that its role may not use)");
	else if (WIFSIGNALED(status))
		(void)snprintf(buf, cap, "killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 126)
		(void)snprintf(buf, cap, "its program could not be run");
	else
		(void)snprintf(buf, cap, "exit status %d",
		    WEXITSTATUS(status));
	return (buf);
}

void
report_query(struct supervisor *sv, struct channel *ch,
    const struct msg_ctl_query *query)
{
	struct msg_ctl_end	 end;
	const char		*why;

	memset(&end, 0, sizeof(end));
	end.id = query->id;
	switch (query->what) {
	case CTL_WORKERS:
		report_workers(sv, ch, query->id);
		break;
	case CTL_STATS:
		report_stats(sv, ch, query->id);
		break;
	case CTL_RELOAD:
		if ((why = reload_asked(sv)) != NULL)
			(void)strlcpy(end.error, why, sizeof(end.error));
		break;
	default:
		(void)snprintf(end.error, sizeof(end.error),
		    "relayd has nothing of that");
		break;
	}
	(void)channel_send(ch, MSG_CTL_END, &end);
}

/* One word of what it does, for people. */
static const char *
state_name(const struct process *p)
{
	switch (p->pr_state) {
	case PROCESS_SETUP:
	case PROCESS_STARTING:
		return ("starting");
	case PROCESS_SERVING:
		return (p->pr_retiring ? "draining" : "serving");
	case PROCESS_ENDING:
		return ("ending");
	default:
		return ("down");
	}
}

static void
report_workers(struct supervisor *sv, struct channel *ch, uint64_t id)
{
	static struct row	 row;
	const struct process	*p;
	unsigned int		 deaths;
	int			 slot;

	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry) {
		row_init(&row);
		row_str(&row, "name", proc_name(p->pr_role));
		row_u64(&row, "instance", p->pr_instance);
		/* keyd and its like have none. */
		if ((slot = slots_number(p)) != -1)
			row_u64(&row, "slot", (uint64_t)slot);
		row_u64(&row, "generation", p->pr_generation);
		row_str(&row, "state", state_name(p));
		row_u64(&row, "pid", (uint64_t)p->pr_pid);
		row_u64(&row, "uid", sv->sv_ids[p->pr_role].sid_uid);
		row_u64(&row, "uptime_s", p->pr_pid == 0 ? 0 :
		    (clock_mono_ns() - p->pr_started) / NS_PER_S);
		row_u64(&row, "restarts", p->pr_restarts);
		deaths = process_deaths(p);
		row_u64(&row, "deaths_last_minute", deaths);
		row_bool(&row, "crash_loop", deaths >= CRASH_LOOP);
		row_str(&row, "sandbox", p->pr_sandbox);
		send_row(ch, id, &row);
	}
}

static void
report_stats(struct supervisor *sv, struct channel *ch, uint64_t id)
{
	static struct row	 row;
	const struct process	*p;
	uint64_t		 restarts = 0, serving = 0, workers = 0;
	char			 text[TLS_FP_STRLEN];

	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry) {
		workers++;
		restarts += p->pr_restarts;
		if (p->pr_state == PROCESS_SERVING)
			serving++;
	}
	row_init(&row);
	row_str(&row, "worker", "relayd");
	row_u64(&row, "instance", 0);
	row_u64(&row, "pid", (uint64_t)getpid());
	row_u64(&row, "uptime_s",
	    (clock_mono_ns() - sv->sv_started) / NS_PER_S);
	row_u64(&row, "workers", workers);
	row_u64(&row, "serving", serving);
	row_u64(&row, "restarts", restarts);
	row_u64(&row, "blames", sv->sv_blames);
	identity_tls_fp(sv->sv_certificate, text);
	row_str(&row, "fingerprint", text);
	send_row(ch, id, &row);
}

static void
send_row(struct channel *ch, uint64_t id, const struct row *row)
{
	struct msg_ctl_row	msg;

	msg.id = id;
	msg.cells.data = row->row_buf;
	msg.cells.len = row->row_len;
	(void)channel_send(ch, MSG_CTL_ROW, &msg);
}
