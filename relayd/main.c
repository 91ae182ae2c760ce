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
 * relayd, the parent: reads its configuration, binds the sockets, starts and
 * watches the workers, writes the log.  It reads no byte that came from a
 * network, and no worker is believed more than the table of messages allows.
 */

#include "config.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "build_id.h"
#include "common/base/log.h"
#include "common/wire/identity.h"
#include "relayd/drill.h"
#include "relayd/identity.h"
#include "relayd/reload.h"
#include "relayd/sockets.h"
#include "relayd/stanza.h"
#include "relayd/stop.h"
#include "relayd/supervise.h"
#include "relayd/users.h"

static void	usage(FILE *, int) __attribute__((noreturn));
static void	relayd_serve(struct supervisor *);
static void	relayd_harden(void);
static int	relayd_settings(struct supervisor *);
static int	relayd_identity(struct supervisor *);
static int	relayd_check_identity(struct supervisor *);
static void	relayd_daemonize(void);
static void	relayd_detach(struct supervisor *);
static void	relayd_signal(EV_P_ ev_signal *, int);
static void	relayd_hangup(EV_P_ ev_signal *, int);

/* In the background: written to when all serve, so that our caller knows. */
static int	ready_fd = -1;

static void
usage(FILE *out, int status)
{
	fprintf(out, "usage: relayd [-dFhnVv] [-D name=value] [-f file] "
	    "[-L directory] [-T case]\n");
	if (status == 0)
		fprintf(out, "\n"
		    "-D name=value  a macro for the configuration\n"
		    "-d             stay in the foreground, log to stderr\n"
		    "-F             print the fingerprint that other relays "
		    "need, and end\n"
		    "-f file        configuration (" WZP_SYSCONFDIR
		    "/relayd.conf)\n"
		    "-L directory   where the workers are (" WZP_LIBEXECDIR
		    ")\n"
		    "-n             check the configuration only; with -v "
		    "print all of it\n"
		    "-T case        try the sandbox: list, all, WORKER or "
		    "WORKER:CASE\n"
		    "-V             print the version\n"
		    "-v             log more\n");
	exit(status);
}

int
main(int argc, char **argv)
{
	static const struct option	 options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	static struct supervisor	 sv;
	struct config			*cf;
	const char			*file = WZP_SYSCONFDIR "/relayd.conf";
	const char			*drill = NULL;
	char				 text[TLS_FP_STRLEN];
	int				 c;
	bool				 check = false, show = false;

	/* Whoever started us may have left descriptors open. */
	closefrom(STDERR_FILENO + 1);
	log_init("relayd", NULL);
	sv.sv_libexec = WZP_LIBEXECDIR;
	while ((c = getopt_long(argc, argv, "D:dFf:hL:nT:Vv", options, NULL)) !=
	    -1)
		switch (c) {
		case 'D':
			if (config_define(optarg) == -1) {
				log_warnx("-D %s: not name=value", optarg);
				return (2);
			}
			break;
		case 'd':
			sv.sv_keep_stderr = true;
			break;
		case 'F':
			show = true;
			break;
		case 'f':
			file = optarg;
			break;
		case 'h':
			usage(stdout, 0);
		case 'L':
			sv.sv_libexec = optarg;
			break;
		case 'n':
			check = true;
			break;
		case 'T':
			drill = optarg;
			break;
		case 'V':
			printf("relayd %s\n", BUILD_ID);
			return (0);
		case 'v':
			sv.sv_verbose++;
			break;
		default:
			usage(stderr, 2);
		}
	if (argc != optind)
		usage(stderr, 2);

	if (drill != NULL && strcmp(drill, "list") == 0) {
		drill_list();
		return (0);
	}
	if ((cf = config_load(file)) == NULL)
		return (1);
	sv.sv_config = cf;
	if (show) {
		if (relayd_identity(&sv) == -1)
			return (1);
		identity_tls_fp(sv.sv_certificate, text);
		printf("%s\n", text);
		config_free(cf);
		return (0);
	}
	if (check) {
		if (sv.sv_verbose > 0)
			config_print(cf, stdout);
		else
			fprintf(stderr, "%s: configuration ok\n", file);
		config_free(cf);
		return (0);
	}
	/* In the background the current directory is another one. */
	if ((sv.sv_file = realpath(file, NULL)) == NULL) {
		log_warn("%s", file);
		return (1);
	}
	if (drill != NULL) {
		sv.sv_keep_stderr = true;
		if (drill_init(&sv, drill) == -1)
			return (2);
	}
	TAILQ_INIT(&sv.sv_processes);
	if (relayd_settings(&sv) == -1)
		return (1);
	log_set_verbose((int)sv.sv_settings.verbose);
	relayd_harden();

	/* All that can be wrong is said at once. */
	c = users_resolve(cf, sv.sv_ids);
	if (c == 0)
		c = users_database_directory(cf, &sv.sv_ids[PROC_REGISTRYD]);
	c |= relayd_check_identity(&sv);
	c |= sockets_open(&sv);
	if (c != 0 || sockets_control(&sv) == -1)
		return (1);
	relayd_serve(&sv);
	return (sv.sv_exit);
}

static void
relayd_serve(struct supervisor *sv)
{
	ev_signal	term, intr, hup;

	signal(SIGPIPE, SIG_IGN);
	if (!sv->sv_keep_stderr)
		relayd_daemonize();
	sv->sv_on_ready = sv->sv_keep_stderr ? NULL : relayd_detach;
	if ((sv->sv_loop = ev_default_loop(EVFLAG_NOENV)) == NULL)
		fatalx("no event loop");
	ev_signal_init(&term, relayd_signal, SIGTERM);
	ev_signal_init(&intr, relayd_signal, SIGINT);
	ev_signal_init(&hup, relayd_hangup, SIGHUP);
	term.data = intr.data = hup.data = sv;
	ev_signal_start(sv->sv_loop, &term);
	ev_signal_start(sv->sv_loop, &intr);
	ev_signal_start(sv->sv_loop, &hup);

	log_info("starting, version %s", PACKAGE_VERSION);
	if (supervise_start(sv) == -1)
		supervise_stop(sv, 1);
	/* Without a single worker it is over before the loop. */
	if (!sv->sv_over)
		ev_run(sv->sv_loop, 0);

	sockets_unlink(sv);
	log_info("ended");
	config_free(sv->sv_config);
}

/*
 * For moments the seed is in our memory: no core, no debugger.  A socket for
 * every slot of every address may be more than the usual limit.
 */
static void
relayd_harden(void)
{
	struct rlimit	none = { 0, 0 }, files;

	(void)setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
#if defined(__linux__) && !defined(WZP_SANITIZERS)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)umask(022);
}

/* What is drawn once for the whole run, and the first settings. */
static int
relayd_settings(struct supervisor *sv)
{
	struct msg_settings	*st = &sv->sv_settings, first;

	if (getrandom(&st->boot_id, sizeof(st->boot_id), 0) !=
	    (ssize_t)sizeof(st->boot_id) ||
	    getrandom(st->room_key, sizeof(st->room_key), 0) !=
	    (ssize_t)sizeof(st->room_key)) {
		log_warn("getrandom");
		return (-1);
	}
	if (reload_settings(sv, sv->sv_config, &first) == -1)
		return (-1);
	*st = first;
	return (tokens_init(sv));
}

/* Now, while somebody reads what is wrong; keyd's start reads it again. */
static int
relayd_identity(struct supervisor *sv)
{
	uint8_t	seed[32];
	int	status;

	status = identity_load(sv->sv_config->cf_identity, seed);
	if (status == 0)
		status = identity_hash(seed, sv->sv_certificate);
	explicit_bzero(seed, sizeof(seed));
	return (status);
}

static int
relayd_check_identity(struct supervisor *sv)
{
	const char	*own;
	char		 text[TLS_FP_STRLEN];

	if (relayd_identity(sv) == -1)
		return (-1);
	identity_tls_fp(sv->sv_certificate, text);
	log_info("fingerprint of this relay: %s", text);
	own = stanza_own(sv->sv_config, sv->sv_certificate);
	if (own == NULL)
		return (0);
	log_warnx("peer %s has the fingerprint of this relay: take that of "
	    "the other one", own);
	return (-1);
}

/*
 * The parent stays until the relay is ready, or failed, and says so by its
 * exit status: rc scripts and people need to know.
 */
static void
relayd_daemonize(void)
{
	char	byte;
	int	fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		fatal("pipe");
	switch (fork()) {
	case -1:
		fatal("fork");
	case 0:
		close(fds[0]);
		ready_fd = fds[1];
		if (setsid() == -1)
			fatal("setsid");
		return;
	default:
		close(fds[1]);
		_exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
	}
}

static void
relayd_detach(struct supervisor *sv)
{
	int	null;

	(void)sv;
	log_init("relayd", log_to_syslog);
	if (chdir("/") == -1)
		log_warn("chdir /");
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(ready_fd, "r", 1) != 1)
		log_warn("the one who started us is gone");
	close(ready_fd);
	ready_fd = -1;
	log_info("ready");
}

static void
relayd_signal(EV_P_ ev_signal *w, int events)
{
	(void)loop;
	(void)events;
	log_debug("%s", w->signum == SIGTERM ? "SIGTERM" : "SIGINT");
	supervise_stop(w->data, 0);
}

static void
relayd_hangup(EV_P_ ev_signal *w, int events)
{
	(void)loop;
	(void)events;
	log_info("SIGHUP: reading the configuration");
	reload_soon(w->data);
}
