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
 * A worker in an attacker's hands: its channels, and what it does with them.
 */
#ifndef WZP_REGRESS_HOSTILE_H
#define WZP_REGRESS_HOSTILE_H

#include "regress/hostile/craft.h"

#define LINKS_MAX	32

struct link {
	int		lk_fd;		/* -1: closed */
	enum proc	lk_role;
	unsigned int	lk_instance;
	uint64_t	lk_generation;
	bool		lk_data;
};

struct hostile {
	enum proc	ho_role;
	unsigned int	ho_instance;
	struct link	ho_links[LINKS_MAX];	/* 0: relayd's */
	size_t		ho_nlinks;
	bool		ho_started;	/* MSG_START came */
	bool		ho_deaf;	/* reads nothing any more */
	int		ho_coverage;	/* descriptor; one line a message */
	char		ho_dir[1024];	/* of the program */
	unsigned int	ho_next;	/* number of the act behind this one */
	const char	*ho_act;
};

/* When in its life an act wants to be done. */
enum act_when {
	ACT_HELLO,		/* instead of the first message to relayd */
	ACT_SETUP,		/* before it was told to start */
	ACT_SERVE
};

/* How it ends. */
enum act_end {
	ACT_KILLED,		/* relayd kills this worker */
	ACT_SPARED,		/* or it has to end by itself */
	ACT_COSTS		/* a lower-ranking neighbour is restarted */
};

struct act {
	char		ac_name[48];
	enum act_when	ac_when;
	void		(*ac_run)(struct hostile *, unsigned int);
	unsigned int	ac_arg;
	enum act_end	ac_end;
	enum proc	ac_victim;	/* of ACT_COSTS */
};

/* acts.c */
/* Act number n of a role; false: there are no more. */
bool	 act_get(enum proc, unsigned int n, struct act *);

/* hostile.c */
/* Sends one packet as it is; false: it did not get away. */
bool	 hostile_send(struct hostile *, struct link *, const struct craft *);
/* Notes that this type is sent to this neighbour. */
void	 hostile_note(struct hostile *, const struct link *, enum msg_type,
	    const char *what);
/* Both. */
bool	 hostile_say(struct hostile *, struct link *, const struct craft *,
	    enum msg_type, const char *what);
/*
 * The act is as good as done: the next life does the next one.  Who is killed
 * before, in the middle of it, has to do it again.
 */
void	 hostile_commit(struct hostile *);
/* Reads and forgets what comes for so long; returns early at the end. */
void	 hostile_linger(struct hostile *, unsigned int ms);
bool	 hostile_hello(struct hostile *, struct link *, const char *build,
	    uint64_t version, enum proc role, unsigned int instance);

#endif /* WZP_REGRESS_HOSTILE_H */
