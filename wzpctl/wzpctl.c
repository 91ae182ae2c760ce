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
 * wzpctl: shows what the relay is doing, makes and ends its links with other
 * relays, and has it read its configuration anew.  It sends one line to
 * controld and prints the rows that come back.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_id.h"
#include "wzpctl/output.h"

#define EXIT_USAGE	2
#define REQUEST_MAX	256			/* controld takes no more */
#define ANSWER_MAX	(16 * 1024 * 1024)
#define ANSWER_LIMIT_S	15	/* controld answers or gives up within 10 s */

static const char *const	words[] = {
	"calls", "clients", "history", "limits", "mesh", "peers", "rooms",
	"stats",	"workers"
};
#define NWORDS		(sizeof(words) / sizeof(words[0]))

static void	 usage(FILE *);
static void	 help(void);
static void	 unknown(const char *);
static int	 request(char *, size_t, int, char **);
static bool	 plain(const char *);
static int	 request_peer(char *, size_t, int, char **);
static int	 dial(const char *);
static int	 ask(int, const char *, struct output *);
static int	 receive(int, struct output *);
static int	 finish(struct output *, const char *, bool, bool, int);

int
main(int argc, char **argv)
{
	static const struct option	 options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct output			*output;
	const char			*path;
	char				 line[REQUEST_MAX];
	bool				 json = false;
	int				 c, fd, status;

	(void)setlocale(LC_CTYPE, "");
	if ((path = getenv("WZP_SOCKET")) == NULL || path[0] == '\0')
		path = WZP_RUNDIR "/relayd.sock";
	while ((c = getopt_long(argc, argv, "hjs:V", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			help();
			return (EXIT_SUCCESS);
		case 'j':
			json = true;
			break;
		case 's':
			path = optarg;
			break;
		case 'V':
			(void)printf("wzpctl %s\n", BUILD_ID);
			return (EXIT_SUCCESS);
		default:
			usage(stderr);
			return (EXIT_USAGE);
		}
	}
	argc -= optind;
	argv += optind;
	if (request(line, sizeof(line), argc, argv) == -1)
		return (EXIT_USAGE);
	if ((output = output_new()) == NULL) {
		(void)fprintf(stderr, "wzpctl: out of memory\n");
		return (EXIT_FAILURE);
	}
	if ((fd = dial(path)) == -1) {
		output_free(output);
		return (EXIT_FAILURE);
	}
	status = ask(fd, line, output);
	(void)close(fd);
	if (strcmp(argv[0], "peer") == 0) {
		status = finish(output, argv[0], false, json, status);
		if (status == EXIT_SUCCESS && !json)
			(void)printf("peer %s: %s\n", argv[1], argv[2]);
	} else if (strcmp(argv[0], "reload") == 0)
		status = finish(output, argv[0], false, json, status);
	else
		status = finish(output, argv[1], argc == 3 &&
		    strcmp(argv[2], "live") != 0, json, status);
	output_free(output);
	return (status);
}

static void
usage(FILE *fp)
{
	(void)fprintf(fp, "usage: wzpctl [-hjV] [-s socket] show "
	    "calls|clients|history|limits|mesh|\n"
	    "              peers|rooms|stats|workers [filter]\n"
	    "       wzpctl [-j] [-s socket] peer name up|down\n"
	    "       wzpctl [-j] [-s socket] reload\n");
}

static void
help(void)
{
	usage(stdout);
	(void)printf("\n"
	    "show calls [live|call_id|fingerprint]  the newest 100 calls; one "
	    "alone in full\n"
	    "show clients [fingerprint]             who is registered\n"
	    "show history [call_id|fingerprint]     calls that have ended\n"
	    "show mesh                              relays that are probed, "
	    "and what they say\n"
	    "show limits                            limits, how much of them "
	    "is used, and who\n"
	    "                                       is over one\n"
	    "show peers [name]                      links to other relays; "
	    "one alone in full\n"
	    "show rooms [room]                      media rooms, or the "
	    "members of one\n"
	    "show stats                             counters of all workers\n"
	    "show workers                           processes and their "
	    "sandboxes\n"
	    "peer name up|down                      make or end the link "
	    "with a peer\n"
	    "reload                                 read the configuration "
	    "anew\n\n"
	    "-j            a JSON array instead of a table\n"
	    "-s socket     control socket (WZP_SOCKET, else\n"
	    "              %s/relayd.sock)\n"
	    "-V            print the version\n", WZP_RUNDIR);
}

static void
unknown(const char *word)
{
	size_t	i;

	(void)fprintf(stderr, "wzpctl: cannot show '%s': it is", word);
	for (i = 0; i < NWORDS; i++)
		(void)fprintf(stderr, "%s %s", i == 0 ? "" :
		    i + 1 == NWORDS ? " or" : ",", words[i]);
	(void)fprintf(stderr, "\n");
}

static bool
plain(const char *word)
{
	const char	*p;

	for (p = word; *p > ' ' && *p <= '~'; p++)
		;
	return (p != word && *p == '\0');
}

static int
request_peer(char *line, size_t cap, int argc, char **argv)
{
	int	n;

	if (argc != 3 || (strcmp(argv[2], "up") != 0 &&
	    strcmp(argv[2], "down") != 0)) {
		(void)fprintf(stderr, "wzpctl: say: peer NAME up, or peer "
		    "NAME down\n");
		return (-1);
	}
	n = snprintf(line, cap, "peer %s %s\n", argv[1], argv[2]);
	if (!plain(argv[1]) || n < 0 || (size_t)n >= cap) {
		(void)fprintf(stderr, "wzpctl: that is no name of a peer "
		    "(wzpctl show peers)\n");
		return (-1);
	}
	return (0);
}

/* The line for controld.  -1: said what is wrong. */
static int
request(char *line, size_t cap, int argc, char **argv)
{
	size_t	i;
	int	n;

	if (argc == 1 && strcmp(argv[0], "reload") == 0) {
		(void)snprintf(line, cap, "reload\n");
		return (0);
	}
	if (argc > 0 && strcmp(argv[0], "peer") == 0)
		return (request_peer(line, cap, argc, argv));
	if (argc > 0 && strcmp(argv[0], "show") != 0 &&
	    strcmp(argv[0], "reload") != 0) {
		(void)fprintf(stderr, "wzpctl: unknown command '%s': it is "
		    "show, peer or reload\n", argv[0]);
		return (-1);
	}
	if (argc < 2 || argc > 3 || strcmp(argv[0], "show") != 0) {
		usage(stderr);
		return (-1);
	}
	for (i = 0; i < NWORDS; i++)
		if (strcmp(argv[1], words[i]) == 0)
			break;
	if (i == NWORDS) {
		unknown(argv[1]);
		return (-1);
	}
	if (argc == 3 && !plain(argv[2])) {
		(void)fprintf(stderr, "wzpctl: a filter is one word of plain "
		    "letters, digits and marks\n");
		return (-1);
	}
	n = snprintf(line, cap, "show %s%s%s\n", argv[1], argc == 3 ? " " :
	    "", argc == 3 ? argv[2] : "");
	if (n < 0 || (size_t)n >= cap) {
		(void)fprintf(stderr, "wzpctl: filter too long\n");
		return (-1);
	}
	return (0);
}

static int
dial(const char *path)
{
	struct sockaddr_un	sun;
	struct timeval		limit = { ANSWER_LIMIT_S, 0 };
	int			fd, saved;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		(void)fprintf(stderr, "wzpctl: %s: name too long for a "
		    "socket\n", path);
		return (-1);
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1) {
		(void)fprintf(stderr, "wzpctl: socket: %s\n",
		    strerror(errno));
		return (-1);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return (fd);
	saved = errno;
	(void)close(fd);
	switch (saved) {
	case ENOENT:
		(void)fprintf(stderr, "wzpctl: the relay is not running: no "
		    "control socket %s\n", path);
		break;
	case ECONNREFUSED:
		(void)fprintf(stderr, "wzpctl: the relay is not running: "
		    "nobody listens on %s\n", path);
		break;
	case EACCES:
	case EPERM:
		(void)fprintf(stderr, "wzpctl: %s: permission denied: this "
		    "socket is for operators\n", path);
		break;
	default:
		(void)fprintf(stderr, "wzpctl: %s: %s\n", path,
		    strerror(saved));
		break;
	}
	return (-1);
}

/* -1: said what is wrong; what came before that is in output. */
static int
ask(int fd, const char *line, struct output *output)
{
	size_t	len = strlen(line), off = 0;
	ssize_t	n;

	while (off < len) {
		n = send(fd, line + off, len - off, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		/* It may have said why before it closed: read that. */
		if (n <= 0)
			break;
		off += (size_t)n;
	}
	return (receive(fd, output));
}

static int
receive(int fd, struct output *output)
{
	char	*buf = NULL, *bigger, *end;
	size_t	 cap = 0, len = 0, start = 0;
	ssize_t	 n;
	int	 ret = -1;

	for (;;) {
		while (len > start && (end = memchr(buf + start, '\n',
		    len - start)) != NULL) {
			switch (output_line(output, buf + start,
			    (size_t)(end - buf) - start)) {
			case OUTPUT_ROW:
				break;
			case OUTPUT_END:
				ret = 0;
				goto done;
			case OUTPUT_ERROR:
				(void)fprintf(stderr, "wzpctl: %s\n",
				    output_error(output));
				goto done;
			case OUTPUT_BAD:
				(void)fprintf(stderr, "wzpctl: that is no "
				    "answer of a relay\n");
				goto done;
			}
			start = (size_t)(end - buf) + 1;
		}
		if (len == cap) {
			if (cap == ANSWER_MAX || (bigger = realloc(buf,
			    cap == 0 ? 65536 : cap * 2)) == NULL) {
				(void)fprintf(stderr, "wzpctl: the answer is "
				    "too long\n");
				goto done;
			}
			cap = cap == 0 ? 65536 : cap * 2;
			buf = bigger;
		}
		n = recv(fd, buf + len, cap - len, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			(void)fprintf(stderr, "wzpctl: no answer: %s\n",
			    errno == EAGAIN ? "the relay is silent" :
			    strerror(errno));
			goto done;
		}
		if (n == 0) {
			(void)fprintf(stderr, "wzpctl: the relay closed the "
			    "connection before its answer was complete\n");
			goto done;
		}
		len += (size_t)n;
	}
done:
	free(buf);
	return (ret);
}

/* Prints also what came before an error; that decides the exit status. */
static int
finish(struct output *output, const char *what, bool filter, bool json,
    int failed)
{
	/* All cells of a call are more than a line: -j, or one call alone. */
	static const char *const	 call_columns[] = {
		"created", "call_id", "caller", "caller_relay", "callee",
		"callee_relay", "state", "mode", "reason", "path",
		"duration_s", "age_s", "packets", NULL
	};
	/* Not every process has a slot: it would come last. */
	static const char *const	 worker_columns[] = {
		"name", "instance", "slot", "generation", "state", "pid",
		"uid", "uptime_s", "restarts", "deaths_last_minute",
		"crash_loop", "sandbox", NULL
	};
	/* The rest, and what is counted: one alone, or -j. */
	static const char *const	 peer_columns[] = {
		"name", "state", "since_s", "rtt_ms", "address", "direction",
		"kind", "transit", "features", "connections",
		"fingerprint", NULL
	};
	/* Of several workers. */
	static const char *const	 room_order[] = { "room", NULL };
	static const char *const	 stats_order[] = {
		"worker", "instance", NULL
	};
	/* First what the limits are, then who is over them. */
	static const char *const	 limit_columns[] = {
		"limit", "value", "default", "unit", "used", "highest",
		"refused", "reason", NULL
	};
	static const char *const	 over_columns[] = {
		"who", "limit", "worker", "instance", "over_s", "refused",
		"ends_s", NULL
	};
	const char *const		*columns = NULL;
	struct output			*over = NULL;
	bool				 call, peer, peers, reload;

	call = strcmp(what, "calls") == 0 || strcmp(what, "history") == 0;
	peer = strcmp(what, "peer") == 0;
	peers = strcmp(what, "peers") == 0;
	reload = strcmp(what, "reload") == 0;
	if (strcmp(what, "rooms") == 0)
		output_sort(output, room_order);
	else if (strcmp(what, "stats") == 0)
		output_sort(output, stats_order);
	if (call)
		columns = call_columns;
	else if (strcmp(what, "workers") == 0)
		columns = worker_columns;
	else if (peers)
		columns = peer_columns;
	if (strcmp(what, "limits") == 0) {
		columns = limit_columns;
		over = output_split(output, "who");
	}
	if (json) {
		if (over != NULL)
			output_append(output, over);
		if (output_rows(output) > 0 || failed == 0)
			output_json(output, stdout);
	} else if (output_rows(output) == 0) {
		if (failed == 0 && reload)
			(void)printf("configuration reloaded\n");
		else if (failed == 0 && !peer)
			(void)printf("no %s\n", strcmp(what, "mesh") == 0 ?
			    "probes" : what);
	} else if (strcmp(what, "stats") == 0 ||
	    ((call || peers) && filter && output_rows(output) == 1))
		output_blocks(output, call, stdout);
	else
		output_table(output, columns, stdout);
	if (!json && over != NULL && output_rows(over) > 0) {
		(void)printf("\n");
		output_table(over, over_columns, stdout);
	}
	output_free(over);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		(void)fprintf(stderr, "wzpctl: cannot write: %s\n",
		    strerror(errno));
		return (EXIT_FAILURE);
	}
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
