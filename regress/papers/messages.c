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
 * The two tables of doc/PRIVSEP.md that are made from those that decide, as
 * Markdown: `pairs', who has a channel with whom, and `messages', for each
 * message who may send it, who may get it, in which state, and what is in it.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/ipc/mesh.h"
#include "common/ipc/messages.h"

static int	 pairs(void);
static const char	*channel(enum proc, enum proc);
static int	 messages(void);
static bool	 has_channel(const struct msg_desc *);
static void	 print_procs(unsigned int);
static void	 print_state(unsigned int);
static void	 print_fields(const struct msg_desc *);

int
main(int argc, char **argv)
{
	int	rc = 2;

	if (argc == 2 && strcmp(argv[1], "pairs") == 0)
		rc = pairs();
	else if (argc == 2 && strcmp(argv[1], "messages") == 0)
		rc = messages();
	else
		fprintf(stderr, "usage: wzp-messages pairs | messages\n");
	return (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)) ? 1 : rc);
}

static int
pairs(void)
{
	enum proc	a, b;

	printf("| channel |");
	for (b = 0; b + 1 < PROC_MAX; b++)
		printf(" %s |", proc_name(b));
	printf("\n|---|");
	for (b = 0; b + 1 < PROC_MAX; b++)
		printf("---|");
	printf("\n");
	for (a = 1; a < PROC_MAX; a++) {
		printf("| %s |", proc_name(a));
		for (b = 0; b + 1 < PROC_MAX; b++)
			printf(" %s |", b < a ? channel(a, b) : "");
		printf("\n");
	}
	return (0);
}

static const char *
channel(enum proc a, enum proc b)
{
	if (mesh_allows(a, b, true))
		return ("control, data");
	return (mesh_allows(a, b, false) ? "control" : "-");
}

static int
messages(void)
{
	const struct msg_desc	*d;
	uint64_t		 type;

	printf("| message | from | to | when | with |\n");
	printf("|---|---|---|---|---|\n");
	for (type = 1; type < MSG_TYPE_MAX; type++) {
		if ((d = msg_desc(type)) == NULL)
			continue;
		if (!has_channel(d)) {
			fprintf(stderr, "%s: no two that may exchange it have "
			    "a channel\n", d->name);
			return (1);
		}
		/* Without the MSG_ that all of them begin with. */
		printf("| %s | ", strncmp(d->name, "MSG_", 4) == 0 ?
		    d->name + 4 : d->name);
		print_procs(d->from);
		printf(" | ");
		print_procs(d->to);
		printf(" | ");
		print_state(d->state);
		printf(" | ");
		print_fields(d);
		printf(" |\n");
	}
	return (0);
}

static bool
has_channel(const struct msg_desc *d)
{
	enum proc	a, b;

	for (a = 0; a < PROC_MAX; a++)
		for (b = 0; b < PROC_MAX; b++)
			if (a != b && (d->from & 1 << a) != 0 &&
			    (d->to & 1 << b) != 0 && mesh_allows(a, b, d->data))
				return (true);
	return (false);
}

static void
print_procs(unsigned int mask)
{
	unsigned int	 all = (1u << PROC_MAX) - 1;
	const char	*sep = "";
	enum proc	 p;

	if (mask == all) {
		printf("everyone");
		return;
	}
	if ((mask | 1u << PROC_RELAYD) == all) {
		printf("every worker");
		return;
	}
	if ((mask | 1u << PROC_CONTROLD) == all) {
		printf("everyone but controld");
		return;
	}
	for (p = 0; p < PROC_MAX; p++) {
		if ((mask & 1u << p) == 0)
			continue;
		printf("%s%s", sep, proc_name(p));
		sep = ", ";
	}
}

static void
print_state(unsigned int state)
{
	static const struct {
		unsigned int	 bit;
		const char	*name;
	}		 states[] = {
		{ MSG_AT_HELLO, "first" },
		{ MSG_AT_SETUP, "set-up" },
		{ MSG_AT_SERVE, "serving" }
	};
	const char	*sep = "";
	size_t		 i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if ((state & states[i].bit) == 0)
			continue;
		printf("%s%s", sep, states[i].name);
		sep = ", ";
	}
}

static void
print_fields(const struct msg_desc *d)
{
	size_t	i;

	if (d->data)
		printf("data channel%s", d->nfields > 0 ? ": " : "");
	if (d->carries_fd)
		printf("a descriptor%s", d->nfields > 0 ? ", " : "");
	/* What relayd.conf(5) has, one by one. */
	if (d->nfields > 21) {
		printf("the configuration");
		return;
	}
	for (i = 0; i < d->nfields; i++)
		printf("%s%s", i == 0 ? "" : ", ", d->fields[i].name);
}
