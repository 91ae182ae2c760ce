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
 * Stands in for any worker.  relayd starts it under that worker's name; it
 * holds the set-up conversation, does one act of its list, and dies or is
 * killed; its next life does the next act.  Files beside the program, which
 * the case writes, say what to do:
 *
 *	orders	`honest', or `INSTANCE END': acts up to that number
 *	next	number of the next act, counted on by each life, and how often
 *		it was begun
 *	honest/ROLE	the real worker, which it becomes when it is not that
 *		instance, has no orders or is through with them (file `done')
 *	coverage	one line a message: neighbour, type, what was done to it
 *
 * By hand it tells about itself: -l the types of messages, -n ROLE the
 * neighbours, -a ROLE the acts.
 */

#include "config.h"

#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/ipc/mesh.h"
#include "regress/hostile/hostile.h"

#include "build_id.h"

#define WORKER_FD	3
#define FDS_MAX		16
/* relayd forgets earlier deaths of a worker that served for two seconds. */
#define CALM_MS		2200
#define CALM_EVERY	4
/* Neighbours have their new channel, and this worker's is in use. */
#define SETTLE_MS	40
#define LINGER_MS	250
/* relayd has this long to kill a worker that has to be killed. */
#define KILLED_MS	10000
/* An act may be cut short so often: others were faster to complain. */
#define TRIES_MAX	5

#define EXIT_DONE	3	/* as it should be */
#define EXIT_ALIVE	4	/* it should have been killed */

union storage {
	max_align_t	align;
	uint8_t		bytes[MSG_STRUCT_MAX];
};

static void	 usage(void) __attribute__((noreturn));
static enum proc role_of(const char *);
static void	 tell_types(void);
static void	 tell_neighbours(enum proc);
static void	 tell_acts(enum proc);
static void	 go_honest(const char *, char **) __attribute__((noreturn));
static bool	 read_file(const char *, const char *, char *, size_t);
static void	 write_file(const char *, const char *, const char *);
static void	 receive(struct hostile *, struct link *);
static void	 from_relayd(struct hostile *, uint64_t, const void *, int);
static void	 live(struct hostile *, const struct act *, bool);
static int	 after(struct hostile *, const struct act *);

static void
usage(void)
{
	fprintf(stderr, "usage: hostile -l | -n role | -a role\n"
	    "Else it is relayd that starts it.\n");
	exit(2);
}

static enum proc
role_of(const char *name)
{
	int	p;

	for (p = PROC_RELAYD + 1; p < PROC_MAX; p++)
		if (strcmp(proc_name((enum proc)p), name) == 0)
			return ((enum proc)p);
	errx(2, "no worker %s", name);
}

static void
tell_types(void)
{
	uint64_t	t;

	for (t = 0; t < MSG_TYPE_MAX; t++)
		if (msg_desc(t) != NULL)
			printf("%s\n", msg_desc(t)->name);
}

static void
tell_neighbours(enum proc role)
{
	int	p;

	for (p = 0; p < PROC_MAX; p++)
		if (mesh_allows(role, (enum proc)p, false))
			printf("%s\n", proc_name((enum proc)p));
}

static void
tell_acts(enum proc role)
{
	struct act	act;
	unsigned int	n;

	for (n = 0; act_get(role, n, &act); n++)
		printf("%u %s %s\n", n, act.ac_name,
		    act.ac_end == ACT_COSTS ? proc_name(act.ac_victim) : "-");
}

static bool
read_file(const char *dir, const char *name, char *buf, size_t size)
{
	char	path[1200];
	ssize_t	n;
	int	fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (false);
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return (n > 0);
}

/* Whole or not at all: the case looks at the same time. */
static void
write_file(const char *dir, const char *name, const char *text)
{
	char	path[1200], tmp[1300];
	int	fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	if ((fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644)) == -1 ||
	    write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", tmp);
	close(fd);
	if (rename(tmp, path) == -1)
		err(1, "%s", path);
}

static void
go_honest(const char *dir, char **argv)
{
	char	path[1200];

	(void)snprintf(path, sizeof(path), "%s/honest/%s", dir, argv[0]);
	execv(path, argv);
	err(1, "%s", path);
}

bool
hostile_send(struct hostile *ho, struct link *lk, const struct craft *cr)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} cmsg;
	struct msghdr	 msg;
	struct iovec	 iov;
	ssize_t		 n;
	unsigned int	 i;
	int		 fds[FDS_MAX];

	(void)ho;
	if (lk->lk_fd == -1)
		return (false);
	memset(&msg, 0, sizeof(msg));
	iov.iov_base = (void *)(uintptr_t)cr->cr_buf;
	iov.iov_len = cr->cr_len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (cr->cr_nfds > 0) {
		for (i = 0; i < cr->cr_nfds && i < FDS_MAX; i++)
			fds[i] = STDIN_FILENO;
		memset(&cmsg, 0, sizeof(cmsg));
		cmsg.hdr.cmsg_len = CMSG_LEN(sizeof(int) * i);
		cmsg.hdr.cmsg_level = SOL_SOCKET;
		cmsg.hdr.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&cmsg.hdr), fds, sizeof(int) * i);
		msg.msg_control = cmsg.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * i);
	}
	do {
		n = sendmsg(lk->lk_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	return (n != -1);
}

static size_t
note_line(const struct hostile *ho, const struct link *lk, enum msg_type type,
    const char *what, char *line, size_t size)
{
	int	n;

	n = snprintf(line, size, "%s%s %s %s: %s\n",
	    proc_name(lk->lk_role), lk->lk_data ? "(data)" : "",
	    msg_desc(type)->name, ho->ho_act, what);
	return ((size_t)n);
}

void
hostile_note(struct hostile *ho, const struct link *lk, enum msg_type type,
    const char *what)
{
	char	line[200];
	size_t	len = note_line(ho, lk, type, what, line, sizeof(line));

	if (write(ho->ho_coverage, line, len) != (ssize_t)len)
		_exit(1);
}

/* Noted first: it may be the last thing that this process does. */
bool
hostile_say(struct hostile *ho, struct link *lk, const struct craft *cr,
    enum msg_type type, const char *what)
{
	char	line[200];
	off_t	end;
	size_t	len = note_line(ho, lk, type, what, line, sizeof(line));

	hostile_note(ho, lk, type, what);
	if (hostile_send(ho, lk, cr))
		return (true);
	if ((end = lseek(ho->ho_coverage, 0, SEEK_END)) == -1 ||
	    ftruncate(ho->ho_coverage, end - (off_t)len) == -1)
		_exit(1);
	return (false);
}

bool
hostile_hello(struct hostile *ho, struct link *lk, const char *build,
    uint64_t version, enum proc role, unsigned int instance)
{
	static struct craft	 cr;
	struct msg_hello	 hello;
	int			 n;

	memset(&hello, 0, sizeof(hello));
	(void)snprintf(hello.build, sizeof(hello.build), "%s", build);
	hello.version = version;
	hello.role = role;
	hello.instance = instance;
	hello.pid = (uint64_t)getpid();
	if ((n = msg_encode(cr.cr_buf, sizeof(cr.cr_buf), MSG_HELLO,
	    &hello)) == -1)
		return (false);
	cr.cr_len = (size_t)n;
	cr.cr_nfds = 0;
	return (hostile_send(ho, lk, &cr));
}

static void
from_relayd(struct hostile *ho, uint64_t type, const void *data, int fd)
{
	static struct craft	 cr;
	const struct msg_channel *ch;
	struct msg_ready	 ready;
	struct link		*lk;
	size_t			 i;
	int			 n;

	switch (type) {
	case MSG_CHANNEL:
		ch = data;
		/* A neighbour that was restarted gets a new one. */
		for (i = 1; i < ho->ho_nlinks; i++)
			if (ho->ho_links[i].lk_role == (enum proc)ch->role &&
			    ho->ho_links[i].lk_instance == ch->instance &&
			    ho->ho_links[i].lk_data == ch->data)
				break;
		if (i == LINKS_MAX) {
			close(fd);
			return;
		}
		lk = &ho->ho_links[i];
		if (i == ho->ho_nlinks)
			ho->ho_nlinks++;
		else if (lk->lk_fd != -1)
			close(lk->lk_fd);
		lk->lk_fd = fd;
		lk->lk_role = (enum proc)ch->role;
		lk->lk_instance = (unsigned int)ch->instance;
		lk->lk_generation = ch->generation;
		lk->lk_data = ch->data;
		(void)hostile_hello(ho, lk, BUILD_ID, MSG_TABLE_VERSION,
		    ho->ho_role, ho->ho_instance);
		return;
	case MSG_START:
		ho->ho_started = true;
		memset(&ready, 0, sizeof(ready));
		(void)snprintf(ready.sandbox, sizeof(ready.sandbox),
		    "none: act %s", ho->ho_act);
		n = msg_encode(cr.cr_buf, sizeof(cr.cr_buf), MSG_READY,
		    &ready);
		cr.cr_len = n > 0 ? (size_t)n : 0;
		cr.cr_nfds = 0;
		(void)hostile_send(ho, &ho->ho_links[0], &cr);
		break;
	case MSG_SHUTDOWN:
		_exit(0);
	default:
		break;
	}
	if (fd != -1)
		close(fd);
}

/* One packet of a channel; only relayd's are looked at. */
static void
receive(struct hostile *ho, struct link *lk)
{
	static uint8_t	 buf[MSG_MAX];
	static union storage st;
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	} cmsg;
	struct msghdr	 msg;
	struct iovec	 iov = { buf, sizeof(buf) };
	const char	*why;
	uint64_t	 type;
	ssize_t		 n;
	int		 fd = -1;

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = cmsg.buf;
	msg.msg_controllen = sizeof(cmsg.buf);
	n = recvmsg(lk->lk_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1 && (errno == EAGAIN || errno == EINTR ||
	    errno == ECONNRESET))
		return;
	if (n <= 0) {
		if (lk == &ho->ho_links[0])
			_exit(0);
		close(lk->lk_fd);
		lk->lk_fd = -1;
		return;
	}
	if (msg.msg_controllen >= sizeof(cmsg.hdr) &&
	    cmsg.hdr.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&cmsg.hdr), sizeof(fd));
	if (lk == &ho->ho_links[0] && msg_decode(buf, (size_t)n, &type,
	    st.bytes, sizeof(st.bytes), &why) == 0)
		from_relayd(ho, type, st.bytes, fd);
	else if (fd != -1)
		close(fd);
}

void
hostile_linger(struct hostile *ho, unsigned int ms)
{
	struct pollfd	 pfd[LINKS_MAX];
	struct link	*who[LINKS_MAX];
	uint64_t	 now, until = clock_mono_ns() + ms * NS_PER_MS;
	nfds_t		 n;
	size_t		 i;

	while ((now = clock_mono_ns()) < until) {
		for (n = 0, i = 0; i < ho->ho_nlinks && !ho->ho_deaf; i++) {
			if (ho->ho_links[i].lk_fd == -1)
				continue;
			pfd[n].fd = ho->ho_links[i].lk_fd;
			pfd[n].events = POLLIN;
			who[n++] = &ho->ho_links[i];
		}
		if (poll(pfd, n, (int)((until - now) / NS_PER_MS) + 1) <= 0)
			continue;
		for (i = 0; i < n; i++)
			if (pfd[i].revents != 0)
				receive(ho, who[i]);
	}
}

static void
live(struct hostile *ho, const struct act *act, bool calm)
{
	struct link	*relayd = &ho->ho_links[0];
	uint64_t	 limit = clock_mono_ns() + 20 * NS_PER_S;

	relayd->lk_fd = WORKER_FD;
	relayd->lk_role = PROC_RELAYD;
	ho->ho_nlinks = 1;
	ho->ho_act = act->ac_name;
	if (act->ac_when == ACT_HELLO) {
		act->ac_run(ho, act->ac_arg);
		return;
	}
	(void)hostile_hello(ho, relayd, BUILD_ID, MSG_TABLE_VERSION,
	    ho->ho_role, ho->ho_instance);
	if (act->ac_when == ACT_SETUP) {
		act->ac_run(ho, act->ac_arg);
		return;
	}
	while (!ho->ho_started && clock_mono_ns() < limit)
		hostile_linger(ho, 5);
	hostile_linger(ho, calm ? CALM_MS : SETTLE_MS);
	act->ac_run(ho, act->ac_arg);
}

/* What is left to do after the act: to be killed, if that is how it ends. */
static int
after(struct hostile *ho, const struct act *act)
{
	unsigned int	i, ms;
	bool		gone;

	hostile_commit(ho);
	if (act->ac_end == ACT_KILLED) {
		hostile_linger(ho, KILLED_MS);
		return (EXIT_ALIVE);
	}
	if (act->ac_end == ACT_COSTS) {
		/* Until the victim has seen it, and a little longer. */
		for (ms = 0, gone = false; ms < KILLED_MS && !gone;
		    ms += 20) {
			hostile_linger(ho, 20);
			for (i = 1; i < ho->ho_nlinks; i++)
				gone |= ho->ho_links[i].lk_role ==
				    act->ac_victim &&
				    ho->ho_links[i].lk_fd == -1;
		}
	}
	hostile_linger(ho, LINGER_MS);
	return (EXIT_DONE);
}

void
hostile_commit(struct hostile *ho)
{
	char	text[32];

	(void)snprintf(text, sizeof(text), "%u 0\n", ho->ho_next);
	write_file(ho->ho_dir, "next", text);
}

int
main(int argc, char **argv)
{
	static struct hostile	 ho;
	struct act		 act;
	struct stat		 st;
	unsigned int		 end, instance, k, tries;
	char			 path[1100], text[64];
	int			 ch;

	while ((ch = getopt(argc, argv, "a:I:ln:")) != -1) {
		switch (ch) {
		case 'a':
			tell_acts(role_of(optarg));
			return (0);
		case 'I':
			ho.ho_instance = (unsigned int)strtoul(optarg, NULL,
			    10);
			break;
		case 'l':
			tell_types();
			return (0);
		case 'n':
			tell_neighbours(role_of(optarg));
			return (0);
		default:
			usage();
		}
	}
	if (fstat(WORKER_FD, &st) == -1 || !S_ISSOCK(st.st_mode))
		usage();
	ho.ho_role = role_of(argv[0]);
	(void)snprintf(path, sizeof(path), "%s",
	    (const char *)(uintptr_t)getauxval(AT_EXECFN));
	(void)snprintf(ho.ho_dir, sizeof(ho.ho_dir), "%s", dirname(path));
	if (!read_file(ho.ho_dir, "orders", text, sizeof(text)) ||
	    sscanf(text, "%u %u", &instance, &end) != 2 ||
	    instance != ho.ho_instance ||
	    !read_file(ho.ho_dir, "next", text, sizeof(text)) ||
	    sscanf(text, "%u %u", &k, &tries) != 2)
		go_honest(ho.ho_dir, argv);
	if (tries++ == TRIES_MAX) {
		k++;
		tries = 1;
	}
	if (k >= end || !act_get(ho.ho_role, k, &act)) {
		write_file(ho.ho_dir, "done", "done\n");
		go_honest(ho.ho_dir, argv);
	}
	ho.ho_next = k + 1;
	(void)snprintf(text, sizeof(text), "%u %u\n", k, tries);
	write_file(ho.ho_dir, "next", text);
	(void)snprintf(path, sizeof(path), "%s/coverage", ho.ho_dir);
	if ((ho.ho_coverage = open(path, O_WRONLY | O_APPEND | O_CREAT |
	    O_CLOEXEC, 0644)) == -1)
		err(1, "%s", path);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	live(&ho, &act, k % CALM_EVERY == CALM_EVERY - 1);
	_exit(after(&ho, &act));
}
