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

/* Keys of address validation tokens and of session tickets (see tokens.h). */

#include "config.h"

#include <sys/random.h>

#include <string.h>

#include "common/base/log.h"
#include "relayd/process.h"
#include "relayd/tokens.h"

/* mediad issues none: who comes for media has been at signald just before. */
static const enum proc	issuers[TOKEN_ROLES] = { PROC_SIGNALD, PROC_FEDERD };

/* federd's neighbours are few and show certificates. */
static const enum proc	resumed[TICKET_ROLES] = { PROC_SIGNALD, PROC_MEDIAD };

static bool	wants(const struct process *, const struct token_keys *);
static int	send_key(struct process *, const struct token_keys *, bool);
static int	send_ticket_key(struct process *, const struct token_keys *,
		    bool);
static void	daily(EV_P_ ev_timer *, int);

int
tokens_init(struct supervisor *sv)
{
	struct token_keys	*tk;
	size_t			 i;

	for (i = 0; i < TOKEN_ROLES; i++) {
		tk = &sv->sv_tokens[i];
		memset(tk, 0, sizeof(*tk));
		tk->tk_role = issuers[i];
		if (tokens_rotate(tk) == -1)
			return (-1);
	}
	for (i = 0; i < TICKET_ROLES; i++) {
		tk = &sv->sv_tickets[i];
		memset(tk, 0, sizeof(*tk));
		tk->tk_role = resumed[i];
		if (tokens_rotate(tk) == -1)
			return (-1);
	}
	return (0);
}

int
tokens_rotate(struct token_keys *tk)
{
	uint8_t	fresh[sizeof(tk->tk_new)];

	if (getrandom(fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh)) {
		log_warn("getrandom");
		return (-1);
	}
	memcpy(tk->tk_old, tk->tk_new, sizeof(tk->tk_old));
	memcpy(tk->tk_new, fresh, sizeof(tk->tk_new));
	explicit_bzero(fresh, sizeof(fresh));
	tk->tk_generation++;
	return (0);
}

void
tokens_start(struct supervisor *sv)
{
	ev_timer_init(&sv->sv_token_timer, daily, TOKEN_ROTATE_S,
	    TOKEN_ROTATE_S);
	sv->sv_token_timer.data = sv;
	ev_timer_start(sv->sv_loop, &sv->sv_token_timer);
}

static bool
wants(const struct process *p, const struct token_keys *tk)
{
	return (p->pr_role == PROC_DOORD || p->pr_role == tk->tk_role);
}

static int
send_key(struct process *p, const struct token_keys *tk, bool old)
{
	struct msg_token_key	msg;
	int			error;

	memset(&msg, 0, sizeof(msg));
	msg.role = tk->tk_role;
	msg.generation = old ? tk->tk_generation - 1 : tk->tk_generation;
	memcpy(msg.key, old ? tk->tk_old : tk->tk_new, sizeof(msg.key));
	error = channel_send(p->pr_channel, MSG_TOKEN_KEY, &msg);
	explicit_bzero(&msg, sizeof(msg));
	return (error);
}

/* The older first: who gets them issues with the last one that came. */
int
tokens_send(struct process *p)
{
	const struct token_keys	*tk;
	size_t			 i;

	for (i = 0; i < TOKEN_ROLES; i++) {
		tk = &p->pr_super->sv_tokens[i];
		if (!wants(p, tk))
			continue;
		if ((tk->tk_generation > 1 && send_key(p, tk, true) == -1) ||
		    send_key(p, tk, false) == -1)
			return (-1);
	}
	return (0);
}

static int
send_ticket_key(struct process *p, const struct token_keys *tk, bool old)
{
	struct msg_ticket_key	msg;
	int			error;

	memset(&msg, 0, sizeof(msg));
	msg.generation = old ? tk->tk_generation - 1 : tk->tk_generation;
	memcpy(msg.key, old ? tk->tk_old : tk->tk_new, sizeof(msg.key));
	error = channel_send(p->pr_channel, MSG_TICKET_KEY, &msg);
	explicit_bzero(&msg, sizeof(msg));
	return (error);
}

/* The older first, as above. */
int
tickets_send(struct process *p)
{
	const struct token_keys	*tk;
	size_t			 i;

	for (i = 0; i < TICKET_ROLES; i++) {
		tk = &p->pr_super->sv_tickets[i];
		if (p->pr_role != tk->tk_role)
			continue;
		if ((tk->tk_generation > 1 &&
		    send_ticket_key(p, tk, true) == -1) ||
		    send_ticket_key(p, tk, false) == -1)
			return (-1);
	}
	return (0);
}

static void
daily(EV_P_ ev_timer *t, int events)
{
	struct supervisor	*sv = t->data;
	struct process		*p;
	size_t			 i;

	(void)loop;
	(void)events;
	for (i = 0; i < TOKEN_ROLES; i++) {
		if (tokens_rotate(&sv->sv_tokens[i]) == -1)
			continue;
		TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
			if (p->pr_channel != NULL &&
			    wants(p, &sv->sv_tokens[i]))
				(void)send_key(p, &sv->sv_tokens[i], false);
	}
	for (i = 0; i < TICKET_ROLES; i++) {
		if (tokens_rotate(&sv->sv_tickets[i]) == -1)
			continue;
		TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
			if (p->pr_channel != NULL &&
			    p->pr_role == sv->sv_tickets[i].tk_role)
				(void)send_ticket_key(p, &sv->sv_tickets[i],
				    false);
	}
}
